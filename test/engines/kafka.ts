import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer, connect } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createKafkaClient } from '#internal/kafka/client.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { onceStarted } from './registry.ts'
import type { ChildProcess } from 'node:child_process'
import type { SharedEngine } from './registry.ts'

const run = promisify(execFile)
const pom = resolve(import.meta.dirname, 'kafka-pom.xml')
const cache = resolve(import.meta.dirname, '../../.engines')
const startLimitMs = 90_000

export interface TestKafka {
  readonly brokers: readonly string[]
  /** Ends the broker as a power cut would. */
  crash(): Promise<void>
  /** Starts a broker that was stopped, with its data and on its port. */
  restart(): Promise<void>
}

/** Why Kafka cannot run on this machine, in words; `null` when it can. */
export async function kafkaProblem(): Promise<string | null> {
  try {
    await run('java', ['-version'])
    if (!existsSync(jarsFolder())) await run('mvn', ['-version'])
    return null
  } catch {
    return 'a real Kafka needs Java 17 and Maven on the PATH'
  }
}

const jarsFolder = () => join(cache, 'kafka-4.3.1')

/** A real one-node Kafka, shared by all tests of a run; make topics of your own. */
export async function startTestKafka(): Promise<TestKafka> {
  return onceStarted('kafka', startKafka)
}

/** A broker of one's own, for tests that let it crash. The folder is the caller's to remove. */
export async function startKafka(folder: string): Promise<TestKafka & SharedEngine> {
  const jars = await fetchJars()
  const [port, controllerPort] = await freePorts(2)
  const settings = join(folder, 'kraft.properties')
  await mkdir(join(folder, 'data'), { recursive: true })
  await writeFile(settings, propertiesOf(folder, port as number, controllerPort as number))
  const classpath = ['-cp', join(jars, '*')]
  const id = 'dml0cmluZS10ZXN0LXJ1bg'
  await run('java', [
    ...classpath,
    'kafka.tools.StorageTool',
    'format',
    '-t',
    id,
    '-c',
    settings,
    '--ignore-formatted',
  ])

  let broker = await startBroker()

  async function startBroker(): Promise<ChildProcess> {
    const log = openSync(join(folder, 'kafka.log'), 'a')
    const flags = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
    const child = spawn('java', [...flags, ...classpath, 'kafka.Kafka', settings], {
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    try {
      await untilAnswering(port as number, child, join(folder, 'kafka.log'))
      return child
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }

  async function stop(signal: NodeJS.Signals): Promise<void> {
    if (broker.exitCode !== null || broker.signalCode !== null) return
    const exited = once(broker, 'exit')
    broker.kill(signal)
    const killer = setTimeout(() => broker.kill('SIGKILL'), 15_000)
    await exited
    clearTimeout(killer)
  }

  return {
    brokers: [`127.0.0.1:${port}`],
    crash: () => stop('SIGKILL'),
    async restart() {
      await stop('SIGTERM')
      broker = await startBroker()
    },
    kill: () => void broker.kill('SIGKILL'),
    // Nothing in its folder is wanted any more.
    [Symbol.asyncDispose]: () => stop('SIGKILL'),
  }
}

/** Maven's packages, fetched once per machine; two runs at once do not see each other's half. */
async function fetchJars(): Promise<string> {
  const jars = jarsFolder()
  if (existsSync(jars)) return jars
  const half = `${jars}.${process.pid}`
  await mkdir(cache, { recursive: true })
  await run('mvn', ['-q', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${half}`])
  await rename(half, jars).catch(async (error: unknown) => {
    await rm(half, { recursive: true, force: true })
    if (!existsSync(jars)) throw error
  })
  return jars
}

function propertiesOf(folder: string, port: number, controllerPort: number): string {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names=CONTROLLER',
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    `log.dirs=${join(folder, 'data')}`,
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=4',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    'auto.create.topics.enable=false',
    '',
  ].join('\n')
}

async function untilAnswering(port: number, child: ChildProcess, logFile: string): Promise<void> {
  await using admin = createKafkaClient({
    brokers: [`127.0.0.1:${port}`],
    clientId: 'test-start',
    logger: silentLogger,
  }).admin
  const limit = Date.now() + startLimitMs
  while (Date.now() < limit) {
    if (child.exitCode !== null) break
    if ((await isOpen(port)) && (await answers(admin))) return
    await sleep(100)
  }
  const log = await readFile(logFile, 'utf8').catch(() => '')
  throw new Error(`Kafka did not start; the end of its log:\n${log.slice(-2_000)}`)
}

const answers = (admin: { ping(): Promise<void> }) =>
  admin.ping().then(
    () => true,
    () => false,
  )

function isOpen(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/** Ports that were free a moment ago, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map(server => once(server, 'listening')))
  const ports = servers.map(server => (server.address() as { port: number }).port)
  await Promise.all(servers.map(server => once(server.close(), 'close')))
  return ports
}
