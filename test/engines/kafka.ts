import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import kafkajs from 'kafkajs'
import { createKafkaClient } from '#internal/kafka/client.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { fetchJars, freePorts, javaProblem, startJavaEngine } from './java-engine.ts'
import { storePassword } from './certificates.ts'
import { onceStarted } from './registry.ts'
import type { Certificate } from './certificates.ts'
import type { JavaEngine } from './java-engine.ts'

const run = promisify(execFile)
const jars = { name: 'kafka-4.3.1', pom: 'kafka-pom.xml' }

export interface TestKafka extends JavaEngine {
  readonly brokers: readonly string[]
}

/** A user who logs in by SCRAM-SHA-512, over TLS alone. */
export interface KafkaUser {
  readonly username: string
  readonly password: string
}

/** What a user may do, in the form of Strimzi's KafkaUser. */
export interface KafkaRight {
  readonly resource: {
    readonly type: 'topic' | 'group'
    readonly name: string
    readonly patternType: 'literal' | 'prefix'
  }
  readonly operations: readonly string[]
}

interface SecureKafkaOptions {
  /** Where clients are told to come, host:port; localhost and the port of this machine unless given. */
  readonly advertised?: string
  /** With them the user may do no more; all unless given. */
  readonly rights?: readonly KafkaRight[]
}

export interface SecureKafka extends TestKafka {
  /** The port on this machine at which it takes TLS. */
  readonly securePort: number
  /** Where it takes plain text, from this machine. */
  readonly plainBroker: string
  /** Gives the user another password; clients that are connected stay so. */
  setPassword(user: KafkaUser): Promise<void>
}

/** Why Kafka cannot run on this machine, in words; `null` when it can. */
export function kafkaProblem(): Promise<string | null> {
  return javaProblem('Kafka', jars)
}

/** A real one-node Kafka, shared by all tests of a run; make topics of your own. */
export async function startTestKafka(): Promise<TestKafka> {
  return onceStarted('kafka', startKafka)
}

/** A broker of one's own, for tests that let it crash. The folder is the caller's to remove. */
export async function startKafka(folder: string): Promise<TestKafka> {
  const [port, controllerPort] = (await freePorts(2)) as [number, number]
  return startBroker(folder, port, propertiesOf(folder, port, controllerPort))
}

/** A broker that shows a certificate and lets in one user. */
export async function startSecureKafka(
  folder: string,
  { storeFile }: Pick<Certificate, 'storeFile'>,
  user: KafkaUser,
  { advertised, rights }: SecureKafkaOptions = {},
): Promise<SecureKafka> {
  const [port, controllerPort, securePort] = (await freePorts(3)) as [number, number, number]
  const properties = `${propertiesOf(folder, port, controllerPort, { port: securePort, advertised })}${[
    ...(rights === undefined ? [] : restricted),
    'ssl.keystore.type=PKCS12',
    `ssl.keystore.location=${storeFile}`,
    `ssl.keystore.password=${storePassword}`,
    'sasl.enabled.mechanisms=SCRAM-SHA-512',
    'listener.name.secure.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;',
    '',
  ].join('\n')}`
  const broker = await startBroker(folder, port, properties)
  async function setPassword({ username, password }: KafkaUser): Promise<void> {
    const change = ['--alter', '--entity-type', 'users', '--entity-name', username]
    await run('java', [
      ...(await classpath()),
      'kafka.admin.ConfigCommand',
      '--bootstrap-server',
      `127.0.0.1:${port}`,
      ...change,
      '--add-config',
      `SCRAM-SHA-512=[password=${password}]`,
    ])
  }
  try {
    await setPassword(user)
    if (rights !== undefined) await allow(port, user, rights)
  } catch (error) {
    await broker[Symbol.asyncDispose]()
    throw error
  }
  return {
    ...broker,
    brokers: [advertised ?? `localhost:${securePort}`],
    securePort,
    plainBroker: `127.0.0.1:${port}`,
    setPassword,
  }
}

async function allow(port: number, { username }: KafkaUser, rights: readonly KafkaRight[]): Promise<void> {
  const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs
  const admin = new kafkajs.Kafka({
    brokers: [`127.0.0.1:${port}`],
    logLevel: kafkajs.logLevel.NOTHING,
  }).admin()
  await admin.connect()
  try {
    await admin.createAcls({
      acl: rights.flatMap(({ resource, operations }) =>
        operations.map(operation => ({
          resourceType: resource.type === 'topic' ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
          resourceName: resource.name,
          resourcePatternType:
            resource.patternType === 'prefix' ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
          principal: `User:${username}`,
          host: '*',
          operation: AclOperationTypes[operation.toUpperCase() as keyof typeof AclOperationTypes],
          permissionType: AclPermissionTypes.ALLOW,
        })),
      ),
    })
  } finally {
    await admin.disconnect()
  }
}

/** Who comes in plain text, from this machine, may do all; everybody else what a right allows. */
const restricted = [
  'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users=User:ANONYMOUS',
]

const classpath = async () => ['-cp', join(await fetchJars(jars), '*')]

async function startBroker(folder: string, port: number, properties: string): Promise<TestKafka> {
  const settings = join(folder, 'kraft.properties')
  await mkdir(join(folder, 'data'), { recursive: true })
  await writeFile(settings, properties)
  await run('java', [
    ...(await classpath()),
    'kafka.tools.StorageTool',
    'format',
    '-t',
    'dml0cmluZS10ZXN0LXJ1bg',
    '-c',
    settings,
    '--ignore-formatted',
  ])

  const brokers = [`127.0.0.1:${port}`]
  const flags = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
  const broker = await startJavaEngine({
    name: 'Kafka',
    args: [...flags, ...(await classpath()), 'kafka.Kafka', settings],
    logFile: join(folder, 'kafka.log'),
    startLimitMs: 90_000,
    port,
    connect: () => createKafkaClient({ brokers, clientId: 'test-start', logger: silentLogger }).admin,
  })
  return { brokers, ...broker }
}

function propertiesOf(
  folder: string,
  port: number,
  controllerPort: number,
  secure?: { readonly port: number; readonly advertised: string | undefined },
): string {
  const listens = secure === undefined ? '' : `,SECURE://localhost:${secure.port}`
  const tells = secure?.advertised === undefined ? listens : `,SECURE://${secure.advertised}`
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}${listens}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${port}${tells}`,
    'controller.listener.names=CONTROLLER',
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL',
    'inter.broker.listener.name=PLAINTEXT',
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
