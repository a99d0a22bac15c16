import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { open, readFile, readlink, rename, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Misconfigured, Unavailable } from '#internal/errors/errors.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { connectPostgres } from './client.ts'
import { locateBinaries, serverEnvironment } from './embedded-binaries.ts'
import { folderProblem, makeEmpty, prepareFolder, readOrMakePassword } from './embedded-folder.ts'
import { sqlState } from './errors.ts'
import { isAlive, lockFolder } from './folder-lock.ts'
import type { ChildProcess } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { ServerFolder } from './embedded-folder.ts'

const run = promisify(execFile)

const superuser = 'vitrine'
const majorVersion = '18'
const startLimitMs = 120_000
const fastStopLimitMs = 15_000

/** A PostgreSQL server of our own on this machine; disposing it stops it, and its data stays. */
export interface EmbeddedPostgres extends AsyncDisposable {
  readonly port: number
  /** The server's process; another one after it had to be started again. */
  readonly pid: number
  readonly logFile: string
  /** Where its data really is: below the folder asked for, unless the server's user can't reach that. */
  readonly dataFolder: string
  url(database: string): string
  /** Makes a database where it is missing, and gives its URL. */
  createDatabase(name: string): Promise<string>
}

/**
 * Starts PostgreSQL 18 in `dataFolder`, made new or as it was left, on a free port of 127.0.0.1, with a password of
 * its own. Should it die it is started again. Rejects with `Misconfigured`, in one sentence, where waiting won't help:
 * another process uses the folder, it can't be written, or there are no programs for this machine.
 */
export async function startEmbeddedPostgres(options: {
  dataFolder: string
  logger: Logger
}): Promise<EmbeddedPostgres> {
  const { logger } = options
  const folder = await prepareFolder(options.dataFolder)
  await using held = new AsyncDisposableStack()
  try {
    held.use(await lockFolder(folder.lockFile, folder.asked))
    const bin = await locateBinaries({ user: folder.user, copyFolder: folder.programs })
    const password = await readOrMakePassword(folder)
    await stopLeftover(folder, logger)
    if (!existsSync(folder.data)) await initialize(bin, folder)
    await checkVersion(folder)
    const server = held.use(await supervise(bin, folder, logger))
    const url = (database: string) =>
      `postgres://${superuser}:${password}@127.0.0.1:${server.port}/${encodeURIComponent(database)}`
    const kept = held.move()
    return {
      port: server.port,
      get pid() {
        return server.pid
      },
      logFile: folder.logFile,
      dataFolder: folder.data,
      url,
      async createDatabase(name) {
        await createDatabase(url('postgres'), name)
        return url(name)
      },
      [Symbol.asyncDispose]: () => kept.disposeAsync(),
    }
  } catch (error) {
    throw folderProblem(error, folder.asked)
  }
}

async function createDatabase(adminUrl: string, name: string): Promise<void> {
  await using admin = connectPostgres({
    url: adminUrl,
    applicationName: 'vitrine-setup',
    maxConnections: 1,
    logger: silentLogger,
  })
  const found = await admin.query('SELECT FROM pg_database WHERE datname = $1', [name])
  if (found.length > 0) return
  try {
    await admin.execute(`CREATE DATABASE "${name.replaceAll('"', '""')}"`)
  } catch (error) {
    // Made by another at the same moment.
    if (!['42P04', '23505'].includes(sqlState(error) ?? '')) throw error
  }
}

/** Made beside its place and moved there when whole, so that breaking off leaves nothing half made. */
async function initialize(bin: string, folder: ServerFolder): Promise<void> {
  const unfinished = `${folder.data}.new`
  await makeEmpty(unfinished, folder.user)
  try {
    await run(
      join(bin, 'initdb'),
      [
        `--pgdata=${unfinished}`,
        `--username=${superuser}`,
        `--pwfile=${folder.passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
      ],
      { ...folder.user, cwd: '/', env: serverEnvironment, timeout: startLimitMs },
    )
  } catch (error) {
    const { stderr = String(error) } = error as { stderr?: string }
    throw serverProblem(stderr, `PostgreSQL could not make its files in ${unfinished}`, folder, error)
  }
  await rename(unfinished, folder.data)
}

async function checkVersion(folder: ServerFolder): Promise<void> {
  const found = (await readFile(join(folder.data, 'PG_VERSION'), 'utf8')).trim()
  if (found === majorVersion) return
  throw new Misconfigured(
    `${folder.data} was made by PostgreSQL ${found}, and this is PostgreSQL ${majorVersion}: ` +
      'dump it with the old version and load it into a new folder',
  )
}

/** A server whose parent was killed goes on; nobody but this process can want it, since this process holds the lock. */
async function stopLeftover(folder: ServerFolder, logger: Logger): Promise<void> {
  const pidFile = join(folder.data, 'postmaster.pid')
  const text = await readFile(pidFile, 'utf8').catch(() => '')
  const pid = Number(text.split('\n')[0])
  if (!Number.isInteger(pid) || pid <= 1) return
  if (!isAlive(pid) || !(await servesFolder(pid, folder.data))) {
    await rm(pidFile, { force: true })
    return
  }
  logger.info({ pid, dataFolder: folder.data }, 'stopping a PostgreSQL that a killed process left behind')
  await stopProcess(pid)
}

/** PostgreSQL works in its data folder, which tells its process from another that got the same id later. */
async function servesFolder(pid: number, data: string): Promise<boolean> {
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === data
  } catch {
    const listed = await run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => null)
    return listed?.stdout.includes(data) ?? false
  }
}

/** Fast shutdown, then the immediate one, from which PostgreSQL recovers at its next start. */
async function stopProcess(pid: number): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (isAlive(pid)) process.kill(pid, signal)
    const limit = Date.now() + (signal === 'SIGINT' ? fastStopLimitMs : 3_000)
    while (isAlive(pid) && Date.now() < limit) await sleep(20)
    if (!isAlive(pid)) return
  }
  throw new Unavailable(`PostgreSQL, process ${pid}, does not stop`)
}

interface Supervised extends AsyncDisposable {
  readonly port: number
  readonly pid: number
}

/** Runs the server on one port until disposed, and starts it again should it die. */
async function supervise(bin: string, folder: ServerFolder, logger: Logger): Promise<Supervised> {
  const port = await freePort()
  const stopping = new AbortController()
  let child = await launch(bin, folder, port)

  async function watch(): Promise<void> {
    let pauseMs = 500
    while (!stopping.signal.aborted) {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      if (stopping.signal.aborted) return
      logger.error(
        { exitCode: child.exitCode, logFile: folder.logFile },
        'PostgreSQL died; starting it again',
      )
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {})
      if (stopping.signal.aborted) return
      pauseMs = Math.min(pauseMs * 2, 30_000)
      try {
        child = await launch(bin, folder, port)
        pauseMs = 500
      } catch (error) {
        logger.error({ error }, 'PostgreSQL does not start')
      }
    }
  }

  const watching = watch()
  return {
    port,
    get pid() {
      return child.pid as number
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      if (child.exitCode === null && child.signalCode === null) await stopProcess(child.pid as number)
      await watching
    },
  }
}

/** Starts the server and resolves once it takes connections. */
async function launch(bin: string, folder: ServerFolder, port: number): Promise<ChildProcess> {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '100',
    shared_buffers: '128MB',
    fsync: 'on',
    synchronous_commit: 'on',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
  }
  await rename(folder.logFile, `${folder.logFile}.old`).catch(() => {})
  const log = await open(folder.logFile, 'w', 0o600)
  const child = spawn(
    join(bin, 'postgres'),
    ['-D', folder.data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    {
      ...folder.user,
      cwd: '/',
      env: serverEnvironment,
      // A group of its own: Ctrl-C in the terminal reaches this process first, which then stops the server in order.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    },
  )
  try {
    await once(child, 'spawn')
  } finally {
    await log.close()
  }
  child.unref()
  try {
    await untilReady(child, folder)
    return child
  } catch (error) {
    if (child.exitCode === null && child.signalCode === null) await stopProcess(child.pid as number)
    throw error
  }
}

/** The server writes "ready" into the eighth line of its pid file. */
async function untilReady(child: ChildProcess, folder: ServerFolder): Promise<void> {
  const pidFile = join(folder.data, 'postmaster.pid')
  const limit = Date.now() + startLimitMs
  while (Date.now() < limit) {
    if (child.exitCode !== null || child.signalCode !== null) {
      const log = await readFile(folder.logFile, 'utf8').catch(() => '')
      throw serverProblem(log, `PostgreSQL does not start, see ${folder.logFile}`, folder)
    }
    const lines = (await readFile(pidFile, 'utf8').catch(() => '')).split('\n')
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready') return
    await sleep(15)
  }
  throw new Unavailable(`PostgreSQL was not ready within ${startLimitMs / 1_000} s, see ${folder.logFile}`)
}

async function freePort(): Promise<number> {
  const probe = createServer()
  probe.listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

/** What the server's last words mean. */
function serverProblem(words: string, what: string, folder: ServerFolder, cause?: unknown): Misconfigured {
  const problem = words.includes('No space left on device')
    ? `the data folder ${folder.asked} can't be used: the disk is full`
    : `${what}: ${words.trim().split('\n').slice(-3).join(' | ')}`
  return new Misconfigured(problem, { cause })
}
