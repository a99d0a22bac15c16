import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { startEmbeddedPostgres } from '#internal/postgres/embedded.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { historyOf } from './histories.ts'
import { missingViews, startLoad } from './load.ts'
import { run, start, until } from './processes.ts'

const command = promisify(execFile)

describe('a disk that is full under PostgreSQL', function () {
  this.timeout(240_000)
  const opened = new AsyncDisposableStack()
  let folder: string

  before(async function () {
    folder = await mkdtemp(join(tmpdir(), 'vitrine-full-'))
    opened.defer(() => rm(folder, { recursive: true, force: true }))
    try {
      await command('mount', ['-t', 'tmpfs', '-o', 'size=320m', 'tmpfs', folder])
    } catch {
      process.stdout.write('\nSKIPPED: needs a small disk of its own, which only root may mount\n')
      return this.skip()
    }
    opened.defer(async () => void (await command('umount', ['--lazy', folder])))
    // As root the server has another user, which must reach the folder.
    await chmod(folder, 0o755)
  })
  after(() => opened.disposeAsync())

  it('makes services refuse and wait; once there is room, all goes on by itself, and no view that was taken is lost', async () => {
    const server = opened.use(await startEmbeddedPostgres({ dataFolder: join(folder, 'server'), logger }))
    const env = { VITRINE_POSTGRES_URL: await server.createDatabase('vitrine') }
    expect((await run(['init'], env)).code).to.equal(0)
    const ingestor = opened.use(await start('ingestor', env))
    const api = opened.use(await start('api', env))
    const loader = opened.use(await start('loader', env))

    const load = startLoad({
      ingestor: ingestor.url,
      api: api.url,
      key: '',
      perSecond: 50,
      name: 'full',
      again: 240,
    })
    await sleep(3_000)
    const ballast = join(folder, 'ballast')
    await fill(ballast)
    // Room that the server still has in files of its own is used up, too.
    const view = JSON.stringify({
      event: 'ProductView',
      userid: 'someone',
      properties: { productid: 'thing' },
    })
    const headers = { 'content-type': 'application/json' }
    const send = () => fetch(`${ingestor.url}/v1/views`, { method: 'POST', headers, body: view })
    await until('the ingestor refuses views, and says when to come again', async () => {
      const { status, headers: given } = await send()
      if (status === 503) return given.get('retry-after') !== null
      await fill(ballast)
      return false
    })
    await rm(ballast)
    for (const { opsUrl } of [ingestor, loader, api]) {
      await until(
        'every service is ready again',
        async () => (await fetch(`${opsUrl}/readyz`)).status === 200,
        90_000,
      )
    }
    await sleep(2_000)
    const { views, retries, failed, taken } = await load.stop()
    expect(views).to.be.above(200)
    expect(retries, 'nothing was refused meanwhile').to.be.above(0)
    expect(failed.filter(words => words.includes('view'))).to.deep.equal([])
    await until(
      'no view is missing',
      async () => (await missingViews(taken, user => historyOf(api.url, user))).length === 0,
    )
    for (const { child } of [ingestor, loader, api]) expect(child.exitCode).to.equal(null)
  })
})

/** Adds to a file until nothing more goes on its disk. */
async function fill(file: string): Promise<void> {
  const megabyte = Buffer.alloc(2 ** 20)
  async function* endless() {
    for (;;) yield megabyte
  }
  await pipeline(Readable.from(endless()), createWriteStream(file, { flags: 'a' })).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOSPC') throw error
    },
  )
}
