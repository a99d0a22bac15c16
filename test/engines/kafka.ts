import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createKafkaClient } from '#internal/kafka/client.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { fetchJars, freePorts, javaProblem, startJavaEngine } from './java-engine.ts'
import { onceStarted } from './registry.ts'
import type { JavaEngine } from './java-engine.ts'

const run = promisify(execFile)
const jars = { name: 'kafka-4.3.1', pom: 'kafka-pom.xml' }

export interface TestKafka extends JavaEngine {
  readonly brokers: readonly string[]
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
  const classpath = ['-cp', join(await fetchJars(jars), '*')]
  const [port, controllerPort] = (await freePorts(2)) as [number, number]
  const settings = join(folder, 'kraft.properties')
  await mkdir(join(folder, 'data'), { recursive: true })
  await writeFile(settings, propertiesOf(folder, port, controllerPort))
  await run('java', [
    ...classpath,
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
    args: [...flags, ...classpath, 'kafka.Kafka', settings],
    logFile: join(folder, 'kafka.log'),
    startLimitMs: 90_000,
    port,
    connect: () => createKafkaClient({ brokers, clientId: 'test-start', logger: silentLogger }).admin,
  })
  return { brokers, ...broker }
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
