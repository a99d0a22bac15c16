import { glob, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connectCassandra } from '#internal/cassandra/client.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { cassandraConfig, javaModuleFlags, logConfig } from './cassandra-config.ts'
import { fetchJars, freePorts, javaProblem, startJavaEngine } from './java-engine.ts'
import { onceStarted } from './registry.ts'
import type { Cassandra, CassandraOptions } from '#internal/cassandra/client.ts'
import type { Certificate } from './certificates.ts'
import type { JavaEngine } from './java-engine.ts'

const jars = { name: 'cassandra-5.0.8', pom: 'cassandra-pom.xml' }
const dataCenter = 'datacenter1'

export interface TestCassandra extends JavaEngine {
  /** "host:port" of the node. */
  readonly contactPoint: string
  readonly dataCenter: string
}

/** Why Cassandra cannot run on this machine, in words; `null` when it can. */
export function cassandraProblem(): Promise<string | null> {
  return javaProblem('Cassandra', jars)
}

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
export async function startCassandra(folder: string): Promise<TestCassandra> {
  return startNode(folder, {})
}

/** The user that a node which asks for logins has from the start; its password is its name. */
export const firstUser = 'cassandra'

/** A node that shows a certificate, under the name localhost, and asks for a login. */
export async function startSecureCassandra(
  folder: string,
  { storeFile }: Pick<Certificate, 'storeFile'>,
  access: Pick<CassandraOptions, 'login' | 'tls'>,
): Promise<TestCassandra> {
  return startNode(folder, { storeFile, access })
}

/** A node that asks for a login, in plain text. */
export async function startCassandraWithLogin(folder: string): Promise<TestCassandra> {
  return startNode(folder, { access: { login: { username: firstUser, password: () => firstUser } } })
}

interface NodeOptions {
  readonly storeFile?: string
  /** With it the node asks for a login. */
  readonly access?: Pick<CassandraOptions, 'login' | 'tls'>
}

async function startNode(folder: string, { storeFile, access }: NodeOptions): Promise<TestCassandra> {
  const jarsFolder = await fetchJars(jars)
  const [port, storagePort, jmxPort] = (await freePorts(3)) as [number, number, number]
  await mkdir(folder, { recursive: true })
  await writeFile(
    join(folder, 'cassandra.yaml'),
    cassandraConfig({
      folder,
      port,
      storagePort,
      asksForLogin: access !== undefined,
      ...(storeFile !== undefined && { storeFile }),
    }),
  )
  await writeFile(join(folder, 'logback.xml'), logConfig)
  const [agent] = await Array.fromAsync(glob(join(jarsFolder, 'jamm-*.jar')))
  const args = [
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
    '-Dcassandra.superuser_setup_delay_ms=0',
    '-Dcassandra.ring_delay_ms=0',
    '-Dcassandra.skip_wait_for_gossip_to_settle=0',
    ...javaModuleFlags,
    '-cp',
    join(jarsFolder, '*'),
    'org.apache.cassandra.service.CassandraDaemon',
  ]
  const contactPoint = `${storeFile === undefined ? '127.0.0.1' : 'localhost'}:${port}`
  const node = await startJavaEngine({
    name: 'Cassandra',
    args,
    logFile: join(folder, 'cassandra.log'),
    startLimitMs: 120_000,
    port,
    connect: () =>
      connectCassandra({
        contactPoints: [contactPoint],
        localDataCenter: dataCenter,
        keyspace: 'system',
        replication: 1,
        applicationName: 'vitrine-test',
        ...access,
        logger: silentLogger,
      }),
  })
  return { contactPoint, dataCenter, ...node }
}
