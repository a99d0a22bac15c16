import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { glob, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { connectCassandra } from '#internal/cassandra/client.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { cassandraConfig, javaModuleFlags, logConfig } from './cassandra-config.ts'
import { onceStarted } from './registry.ts'
import type { ChildProcess } from 'node:child_process'
import type { Cassandra } from '#internal/cassandra/client.ts'
import type { SharedEngine } from './registry.ts'

const run = promisify(execFile)
const pom = resolve(import.meta.dirname, 'cassandra-pom.xml')
const cache = resolve(import.meta.dirname, '../../.engines')
const startLimitMs = 120_000

export interface TestCassandra {
  /** "host:port" of the node. */
  readonly contactPoint: string
  readonly dataCenter: string
  /** Ends the node as a power cut would. */
  crash(): Promise<void>
  /** Starts a node that was stopped, with its data and on its port. */
  restart(): Promise<void>
}

/** Why Cassandra cannot run on this machine, in words; `null` when it can. */
export async function cassandraProblem(): Promise<string | null> {
  try {
    await run('java', ['-version'])
    if (!existsSync(jarsFolder())) await run('mvn', ['-version'])
    return null
  } catch {
    return 'a real Cassandra needs Java 17 and Maven on the PATH'
  }
}

const jarsFolder = () => join(cache, 'cassandra-5.0.8')

/** A real one-node Cassandra, shared by all tests of a run; make a keyspace of your own. */
export async function startTestCassandra(): Promise<TestCassandra> {
  return onceStarted('cassandra', startCassandra)
}

let keyspaces = 0

/** A client on the shared node, with a keyspace that no other test uses; the keyspace is made by the first migration. */
export async function connectTestCassandra(): Promise<Cassandra> {
  const { contactPoint, dataCenter } = await startTestCassandra()
  keyspaces += 1
  return connectCassandra({
    contactPoints: [contactPoint],
    localDataCenter: dataCenter,
    keyspace: `test_${process.pid}_${keyspaces}`,
    replication: 1,
    applicationName: 'vitrine-test',
    logger: silentLogger,
  })
}

/** A node of one's own, for tests that let it crash. The folder is the caller's to remove. */
export async function startCassandra(folder: string): Promise<TestCassandra & SharedEngine> {
  const jars = await fetchJars()
  const [port, storagePort, jmxPort] = (await freePorts(3)) as [number, number, number]
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'cassandra.yaml'), cassandraConfig({ folder, port, storagePort }))
  await writeFile(join(folder, 'logback.xml'), logConfig)
  const [agent] = await Array.fromAsync(glob(join(jars, 'jamm-*.jar')))
  const flags = [
    '-Xms1g',
    '-Xmx1g',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-XX:+ExitOnOutOfMemoryError',
    `-javaagent:${agent}`,
    `-Dlogback.configurationFile=${join(folder, 'logback.xml')}`,
    `-Dcassandra.config=file://${join(folder, 'cassandra.yaml')}`,
    `-Dcassandra.storagedir=${folder}`,
    `-Dcassandra.jmx.local.port=${jmxPort}`,
    '-Dcassandra-foreground=yes',
    '-Dcassandra.ring_delay_ms=0',
    '-Dcassandra.skip_wait_for_gossip_to_settle=0',
    ...javaModuleFlags,
    '-cp',
    join(jars, '*'),
    'org.apache.cassandra.service.CassandraDaemon',
  ]
  const logFile = join(folder, 'cassandra.log')
  let node = await startNode()

  async function startNode(): Promise<ChildProcess> {
    const log = openSync(logFile, 'a')
    const child = spawn('java', flags, { stdio: ['ignore', log, log] })
    closeSync(log)
    try {
      await untilAnswering(port, child, logFile)
      return child
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }

  async function stop(signal: NodeJS.Signals): Promise<void> {
    if (node.exitCode !== null || node.signalCode !== null) return
    const exited = once(node, 'exit')
    node.kill(signal)
    const killer = setTimeout(() => node.kill('SIGKILL'), 15_000)
    await exited
    clearTimeout(killer)
  }

  return {
    contactPoint: `127.0.0.1:${port}`,
    dataCenter: 'datacenter1',
    crash: () => stop('SIGKILL'),
    async restart() {
      await stop('SIGTERM')
      node = await startNode()
    },
    kill: () => void node.kill('SIGKILL'),
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

async function untilAnswering(port: number, child: ChildProcess, logFile: string): Promise<void> {
  await using client = connectCassandra({
    contactPoints: [`127.0.0.1:${port}`],
    localDataCenter: 'datacenter1',
    keyspace: 'system',
    replication: 1,
    applicationName: 'vitrine-test',
    logger: silentLogger,
  })
  const answers = () =>
    client.ping().then(
      () => true,
      () => false,
    )
  const limit = Date.now() + startLimitMs
  while (Date.now() < limit && child.exitCode === null) {
    if (await answers()) return
    await sleep(200)
  }
  const log = await readFile(logFile, 'utf8').catch(() => '')
  throw new Error(`Cassandra did not start; the end of its log:\n${log.slice(-2_000)}`)
}

/** Ports that were free a moment ago, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map(server => once(server, 'listening')))
  const ports = servers.map(server => (server.address() as { port: number }).port)
  await Promise.all(servers.map(server => once(server.close(), 'close')))
  return ports
}
