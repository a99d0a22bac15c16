import { expect } from 'chai'
import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startTestPostgres } from '../engines/postgres.ts'
import { untilLoaded } from './histories.ts'
import { until } from './processes.ts'
import { processesOf, startUp } from './up.ts'

const isRoot = process.getuid?.() === 0
const nobody = 65_534

describe('vitrine up', function () {
  this.timeout(180_000)
  let folder: string
  const mounted: string[] = []
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vitrine-up-'))
    chmodSync(folder, 0o755)
  })
  afterEach(() => {
    for (const point of mounted.splice(0)) spawnSync('umount', [point])
    rmSync(folder, { recursive: true, force: true })
  })

  const nothingRuns = () => until('no process left', async () => processesOf(folder).length === 0)
  const histories = async (url: string) =>
    Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const headers = { 'user-id': `user-${i}` }
        const answer = await fetch(`${url}/api/v1/user_nav_history_latest_products/`, { headers })
        return (await answer.json()) as { products: string[] }
      }),
    )

  async function sameCalls(calls: readonly string[]): Promise<unknown[]> {
    const answers = calls.map(call =>
      promisify(execFile)('sh', ['-c', call.replace('curl', 'curl -sS --fail')]),
    )
    return (await Promise.all(answers)).map(({ stdout }) => JSON.parse(stdout) as unknown)
  }

  /** It ends by itself with code 1 and one sentence that fits. */
  async function refuses(args: readonly string[], sentence: RegExp, data = folder): Promise<void> {
    await using up = startUp(data, args)
    expect(await up.ended()).to.equal(1)
    expect(up.stderr().trim()).to.match(sentence)
    expect(up.stderr().trim().split('\n'), up.stderr()).to.have.length(1)
    expect(up.stderr()).not.to.match(/^\s+at /m)
  }

  it('offers three calls that give an answer, keeps its data, and outlives a kill', async () => {
    let before: unknown[]
    {
      await using up = startUp(folder)
      const { url, calls } = await up.ready()
      const [history, recommended, sent] = (await sameCalls(calls)) as [
        { products: unknown[] },
        { items: { source: string; because: unknown }[] },
        unknown,
      ]
      expect(history.products).not.to.have.length(0)
      expect(recommended.items).to.have.length(3)
      for (const item of recommended.items) expect(item).to.include.keys('source', 'because')
      expect(sent).to.be.an('object')
      await untilLoaded(url)
      before = await histories(url)
      expect(await up.end('SIGINT', 'group'), up.stderr()).to.equal(0)
      expect(up.stderr()).to.equal('')
      await nothingRuns()
    }
    {
      await using up = startUp(folder)
      const { url } = await up.ready()
      expect(up.stdout()).not.to.include('Making up')
      expect(await histories(url)).to.deep.equal(before)
      await up.end('SIGKILL')
      await until(
        'its children gone',
        async () => !processesOf(folder).some(line => line.includes('main.ts')),
      )
    }
    await using up = startUp(folder)
    const { url } = await up.ready()
    expect(await histories(url)).to.deep.equal(before)
    expect(await up.end('SIGTERM'), up.stderr()).to.equal(0)
    await nothingRuns()
  })

  for (const moment of ['Making up', 'Copying', 'Sending']) {
    it(`is not hindered by a kill while it says "${moment} …"`, async () => {
      await using killed = startUp(folder)
      await killed.says(moment)
      await killed.end('SIGKILL')
      await until(
        'its children gone',
        async () => !processesOf(folder).some(line => line.includes('main.ts')),
      )
      await using up = startUp(folder)
      await sameCalls((await up.ready()).calls)
      expect(await up.end('SIGTERM'), up.stderr()).to.equal(0)
      await nothingRuns()
    })
  }

  it('makes its demo shop anew where a kill tore the note of it', async () => {
    writeFileSync(join(folder, 'demo.json'), '{"until":"2026-')
    await using up = startUp(folder)
    const { calls } = await up.ready()
    await sameCalls(calls)
    expect(up.stdout()).to.include('Making up')
    expect(await up.end('SIGTERM'), up.stderr()).to.equal(0)
  })

  for (const name of ['SHOP_URL', 'POSTGRES_URL', 'KAFKA_BROKERS', 'CASSANDRA_HOSTS']) {
    it(`makes nothing up where VITRINE_${name} leads to something of one's own`, async () => {
      await using database = await startTestPostgres()
      const value = name.endsWith('URL') ? database.url : '127.0.0.1:1'
      await using up = startUp(folder, [], { env: { [`VITRINE_${name}`]: value } })
      const { url } = await up.ready()
      expect(up.stdout()).to.include(`No demo shop: VITRINE_${name} `).and.not.to.include('Making up')
      expect((await histories(url)).every(({ products }) => products.length === 0)).to.equal(true)
      expect(await up.end('SIGTERM'), up.stderr()).to.equal(0)
    })
  }

  it('ends at once, quietly and with code 0, on Ctrl-C while it makes up the shop', async () => {
    await using up = startUp(folder)
    await up.says('Making up')
    expect(await up.end('SIGINT', 'group')).to.equal(0)
    expect(up.stderr()).to.equal('')
    expect(up.stdout()).not.to.include('Sending')
    await nothingRuns()
  })

  it('starts empty with --no-demo, and by node alone as by its script', async () => {
    const command = [process.execPath, 'cmd/vitrine/main.ts']
    await using up = startUp(folder, ['--no-demo'], { command })
    const { url, calls } = await up.ready()
    expect(up.stdout()).not.to.include('Making up')
    expect((await histories(url)).every(({ products }) => products.length === 0)).to.equal(true)
    const [send = '', show = ''] = calls
    expect(await sameCalls([send])).to.have.nested.property('[0].accepted', 1)
    await untilLoaded(url)
    expect(await sameCalls([show])).to.have.nested.property('[0].products.length', 1)
    expect(await up.end('SIGTERM'), up.stderr()).to.equal(0)
    await nothingRuns()
  })

  it('works as an ordinary user', async () => {
    const own = join(folder, 'own')
    mkdirSync(own)
    chmodSync(folder, 0o777)
    chmodSync(own, 0o777)
    await using up = startUp(own, ['--no-demo'], isRoot ? { user: nobody } : {})
    const { url } = await up.ready()
    expect((await fetch(`${url}/readyz`)).status).to.equal(200)
    expect(await up.end('SIGTERM'), up.stderr()).to.equal(0)
    await nothingRuns()
  })

  it('says where PostgreSQL keeps its data when that is not in the folder', async () => {
    chmodSync(folder, 0o700)
    await using up = startUp(folder, ['--no-demo'])
    await up.ready()
    const told = /PostgreSQL keeps its data in (\S+)/.exec(up.stdout())?.[1]
    if (isRoot) {
      expect(told).not.to.include(folder)
      after(() => rmSync(join(told as string, '..'), { recursive: true, force: true }))
    } else expect(told).to.equal(undefined)
  })

  it('refuses a port in use, in one sentence', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    try {
      await refuses(['--port', String(port)], new RegExp(`${port}.*--port`))
    } finally {
      taken.close()
    }
  })

  it('refuses a port that is none, in one sentence', async () => {
    await refuses(['--port', '65536'], /from 0 to 65535/)
  })

  it('refuses a folder that another one uses, in one sentence', async () => {
    await using first = startUp(folder, ['--no-demo'])
    await first.ready()
    await refuses(['--no-demo'], new RegExp(`another vitrine .* is using this data folder`))
    expect(await first.end('SIGTERM')).to.equal(0)
  })

  it('refuses a file in place of its folder, in one sentence', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    await refuses([], /can't be used: a (part of its path is a )?file/, file)
  })

  /** A small disk; where this user may not mount one, false. */
  function mount(options: string): boolean {
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]).status !== 0) return false
    mounted.push(folder)
    return true
  }

  it('refuses a folder that it may not write, in one sentence', async () => {
    if (isRoot && !mount('ro,mode=755')) return expect(processesOf(folder)).to.deep.equal([])
    if (!isRoot) chmodSync(folder, 0o555)
    await refuses([], /can't be used: (it is on a read-only file system|this user may not write there)$/)
  })

  for (const size of ['16k', '60m']) {
    it(`refuses a disk that is full at ${size}, in one sentence`, async () => {
      if (!mount(`size=${size},mode=755`)) return expect(processesOf(folder)).to.deep.equal([])
      await refuses([], /disk is full/)
      await nothingRuns()
    })
  }
})
