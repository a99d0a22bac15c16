import { expect } from 'chai'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestPostgres } from '../engines/postgres.ts'
import { startCuttableWay } from '../engines/cuttable-way.ts'
import { run, runs, start, until } from './processes.ts'
import type { Running } from './processes.ts'

describe('vitrine check', function () {
  this.timeout(120_000)
  let opened: AsyncDisposableStack
  let folder: string
  let env: Record<string, string>
  let ingestor: Running
  let api: Running

  before(async () => {
    opened = new AsyncDisposableStack()
    folder = mkdtempSync(join(tmpdir(), 'vitrine-check-'))
    opened.defer(() => rmSync(folder, { recursive: true }))
    const { url } = opened.use(await startTestPostgres())
    env = { VITRINE_POSTGRES_URL: url, VITRINE_AUTH: 'keys' }
    expect((await run(['init'], env)).code).to.equal(0)
    ingestor = opened.use(await start('ingestor', env))
    api = opened.use(await start('api', env))
    opened.use(await start('loader', env))
  })
  after(() => opened.disposeAsync())

  async function keyFileFor(...scopes: string[]): Promise<string> {
    const { stdout } = await run(['keys', 'create', 'check', '--json', '--scope', ...scopes], env)
    const { id, key } = JSON.parse(stdout) as { id: string; key: string }
    const file = join(folder, id)
    writeFileSync(file, `${key}\n`)
    return file
  }

  const check = (keyFile: string, apiUrl = api.url) =>
    run(['check', '--ingestor', ingestor.url, '--api', apiUrl, '--key-file', keyFile])

  it('says step by step that a shop is served, and leaves nothing of its visitor', async () => {
    const keyFile = await keyFileFor('views:write', 'recommendations:read', 'history:read', 'history:delete')
    const served = await until('the key is let in', async () => {
      const result = await check(keyFile)
      return result.code === 0 && result
    })
    expect(served.stdout.replaceAll(/\d+/g, 'N')).to.match(
      /^ok: \S+ answers\nok: \S+ takes views\nok: the view is in its visitor's history after N ms\nok: the visitor is recommended N products\nok: the visitor is forgotten\n$/,
    )
    expect(served.stderr).to.equal('')
    // A shop without a catalogue is recommended whatever was viewed: what the check made up must not be among it.
    const headers = { authorization: `Bearer ${readFileSync(keyFile, 'utf8').trim()}` }
    for (const path of ['/v1/rankings/trending', '/v1/users/somebody/recommendations']) {
      const answer = await fetch(api.url + path, { headers })
      expect(answer.status, path).to.equal(200)
      expect(await answer.text(), path).not.to.include('vitrine-check')
    }
  })

  it('names what refuses the key, and with which words', async () => {
    const keyFile = await keyFileFor('views:write')
    const refused = await until('both services know the key', async () => {
      const result = await check(keyFile)
      return !result.stderr.includes('answered 401') && result
    })
    expect(refused.code).to.equal(1)
    expect(refused.stderr).to.include('answered 403').and.to.include('history:delete')
    expect(refused.stdout, 'a view was sent that could not be forgotten').to.equal('')
  })

  it('says which service does not answer', async () => {
    const keyFile = await keyFileFor('admin')
    const away = await check(keyFile, 'http://127.0.0.1:1')
    expect(away.code).to.equal(1)
    expect(away.stderr).to.equal('http://127.0.0.1:1 does not answer\n')
  })

  it('refuses what is no address, by the name of the option', async () => {
    const { code, stderr } = await run(['check', '--ingestor', 'ingestor:80', '--api', api.url])
    expect(code).to.equal(1)
    expect(stderr).to.include('--ingestor').and.to.include('http://127.0.0.1:8080')
  })
})

describe('vitrine init --patience', function () {
  this.timeout(60_000)

  it('waits for an engine that is away, says so once, and goes on when it is there', async () => {
    await using postgres = await startTestPostgres()
    const url = new URL(postgres.url)
    await using way = await startCuttableWay(Number(url.port))
    await way.cut()
    url.port = String(way.port)
    const init = runs(['init', '--patience', '50s'], { VITRINE_POSTGRES_URL: url.href })
    let said = ''
    init.child.stderr.on('data', (text: string) => (said += text))
    await until('it says that it waits', () => said.includes('waiting: '))
    await way.mend()
    const { code, stderr } = await init.end
    expect(code).to.equal(0)
    expect(stderr).to.match(/^(waiting: [^\n]+\n)+Ready: event log on postgres, store on postgres\.\n$/)
  })

  it('gives up after it, with what the engine lacks', async () => {
    const { code, stderr } = await run(['init', '--patience', '3s'], {
      VITRINE_POSTGRES_URL: 'postgres://nobody@127.0.0.1:1/none',
    })
    expect(code).to.equal(1)
    expect(stderr).to.match(/^waiting: [^\n]+\n[^\n]*PostgreSQL[^\n]*\n$/)
  })
})
