import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { dirname, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { ChildProcess } from 'node:child_process'
import type { SharedEngine } from './registry.ts'

const run = promisify(execFile)
const cache = resolve(import.meta.dirname, '../../.engines')

/** A real engine in a process of its own. */
export interface JavaEngine extends SharedEngine {
  /** Ends it as a power cut would. */
  crash(): Promise<void>
  /** Starts it again after it was stopped, with its data and on its port. */
  restart(): Promise<void>
}

/** An engine's packages: where they are kept, and the list of them for Maven, a file of this folder. */
export interface Jars {
  readonly name: string
  readonly pom: string
}

const folderOf = ({ name }: Jars) => resolve(cache, name)

/** Why the engine cannot run on this machine, in words; `null` when it can. */
export async function javaProblem(engine: string, jars: Jars): Promise<string | null> {
  try {
    await run('java', ['-version'])
    if (!existsSync(folderOf(jars))) await run('mvn', ['-version'])
    return null
  } catch {
    return `a real ${engine} needs Java 17 and Maven on the PATH`
  }
}

/** The folder of Maven's packages, fetched once per machine; two runs at once do not see each other's half. */
export async function fetchJars(jars: Jars): Promise<string> {
  const folder = folderOf(jars)
  if (existsSync(folder)) return folder
  const half = `${folder}.${process.pid}`
  const pom = resolve(import.meta.dirname, jars.pom)
  await mkdir(dirname(half), { recursive: true })
  await run('mvn', ['-q', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${half}`])
  await rename(half, folder).catch(async (error: unknown) => {
    await rm(half, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  })
  return folder
}

export interface JavaEngineOptions {
  readonly name: string
  /** All that stands after `java`. */
  readonly args: readonly string[]
  readonly logFile: string
  readonly startLimitMs: number
  /** Where its clients find it. */
  readonly port: number
  /** A client whose ping resolves once the engine answers. */
  readonly connect: () => AsyncDisposable & { ping(): Promise<void> }
}

/** Starts an engine and waits until it answers; where it does not, the end of its log is told. */
export async function startJavaEngine(options: JavaEngineOptions): Promise<JavaEngine> {
  let engine = await startProcess(options)

  async function stop(signal: NodeJS.Signals): Promise<void> {
    if (engine.exitCode !== null || engine.signalCode !== null) return
    const exited = once(engine, 'exit')
    engine.kill(signal)
    const killer = setTimeout(() => engine.kill('SIGKILL'), 15_000)
    await exited
    clearTimeout(killer)
  }

  return {
    crash: () => stop('SIGKILL'),
    async restart() {
      await stop('SIGTERM')
      engine = await startProcess(options)
    },
    kill: () => void engine.kill('SIGKILL'),
    // Nothing in its folder is wanted any more.
    [Symbol.asyncDispose]: () => stop('SIGKILL'),
  }
}

async function startProcess({
  name,
  args,
  logFile,
  startLimitMs,
  port,
  connect: connectClient,
}: JavaEngineOptions): Promise<ChildProcess> {
  const log = openSync(logFile, 'a')
  const child = spawn('java', args, { stdio: ['ignore', log, log] })
  closeSync(log)
  try {
    await using client = connectClient()
    const limit = Date.now() + startLimitMs
    while (Date.now() < limit && child.exitCode === null) {
      if ((await isOpen(port)) && (await answers(client))) return child
      await sleep(200)
    }
    const text = await readFile(logFile, 'utf8').catch(() => '')
    throw new Error(`${name} did not start; the end of its log:\n${text.slice(-2_000)}`)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

function answers(client: { ping(): Promise<void> }): Promise<boolean> {
  return client.ping().then(
    () => true,
    () => false,
  )
}

function isOpen(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/** Ports that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map(server => once(server, 'listening')))
  const ports = servers.map(server => (server.address() as { port: number }).port)
  await Promise.all(servers.map(server => once(server.close(), 'close')))
  return ports
}
