import { cassandraProblem, startTestCassandra } from '../engines/cassandra.ts'
import { startCuttableWay } from '../engines/cuttable-way.ts'
import { kafkaProblem, startTestKafka } from '../engines/kafka.ts'
import { startTestPostgres } from '../engines/postgres.ts'
import { run } from './processes.ts'
import type { JavaEngine } from '../engines/java-engine.ts'

export interface EngineSet extends AsyncDisposable {
  /** The settings that lead processes to these engines. */
  readonly env: Record<string, string>
  /** Ends each engine as a power cut would and starts it again, with its data. */
  crashEngines(): Promise<void>
  /** A way to these engines that can be cut, for processes that are to do without them for a while. */
  cuttable(): Promise<CuttableEngines>
}

export interface CuttableEngines extends AsyncDisposable {
  /** The settings that lead processes this way. */
  readonly env: Record<string, string>
  /** Takes the store away; on PostgreSQL alone that is the event log, too. */
  cutStore(): Promise<void>
  cutLog(): Promise<void>
  /** Both are there again, with their data. */
  mend(): Promise<void>
}

export interface NamedEngineSet {
  readonly name: string
  /** Starts the engines and makes schemas and topics; a text says why that is not possible on this machine. */
  start(): Promise<EngineSet | string>
}

const quiet = { VITRINE_LOG_LEVEL: 'info', VITRINE_PARTITIONS: '4' }

async function init(env: Record<string, string>): Promise<void> {
  const { code, stderr } = await run(['init'], env)
  if (code !== 0) throw new Error(`vitrine init ended with ${code}: ${stderr}`)
}

/** For a `before` hook: the engines of a set, or loud words and a skip where this machine can't run them. */
export async function startOrSkip(set: NamedEngineSet, hook: Mocha.Context): Promise<EngineSet> {
  const started = await set.start()
  if (typeof started !== 'string') return started
  process.stdout.write(`\nSKIPPED on ${set.name}: ${started}\n`)
  return hook.skip()
}

/** Both ways to run Vitrine that tests hold to the same promises. */
export const engineSets: readonly NamedEngineSet[] = [
  {
    name: 'PostgreSQL alone',
    async start() {
      const database = await startTestPostgres()
      const env = { ...quiet, VITRINE_POSTGRES_URL: database.url }
      await init(env)
      return {
        env,
        crashEngines: async () => {},
        cuttable: () => cuttablePostgres(env, database.url),
        [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
      }
    },
  },
  {
    name: 'Kafka and Cassandra',
    async start() {
      const problem = (await kafkaProblem()) ?? (await cassandraProblem())
      if (problem !== null) return problem
      const [kafka, cassandra] = [await startTestKafka(), await startTestCassandra()]
      const env = {
        ...quiet,
        VITRINE_EVENT_LOG: 'kafka',
        VITRINE_STORE: 'cassandra',
        VITRINE_KAFKA_BROKERS: kafka.brokers.join(','),
        VITRINE_CASSANDRA_HOSTS: cassandra.contactPoint,
        VITRINE_CASSANDRA_DATACENTER: cassandra.dataCenter,
      }
      await init(env)
      return {
        env,
        async crashEngines() {
          await kafka.crash()
          await kafka.restart()
          await cassandra.crash()
          await cassandra.restart()
        },
        cuttable: async () => crashable(env, { store: cassandra, log: kafka }),
        [Symbol.asyncDispose]: async () => {},
      }
    },
  },
]

async function cuttablePostgres(env: Record<string, string>, direct: string): Promise<CuttableEngines> {
  const url = new URL(direct)
  const way = await startCuttableWay(Number(url.port))
  url.hostname = '127.0.0.1'
  url.port = String(way.port)
  return {
    env: { ...env, VITRINE_POSTGRES_URL: url.href },
    cutStore: () => way.cut(),
    cutLog: () => way.cut(),
    mend: () => way.mend(),
    [Symbol.asyncDispose]: () => way[Symbol.asyncDispose](),
  }
}

function crashable(
  env: Record<string, string>,
  { store, log }: { store: JavaEngine; log: JavaEngine },
): CuttableEngines {
  const crashed = new Set<JavaEngine>()
  async function crash(engine: JavaEngine): Promise<void> {
    crashed.add(engine)
    await engine.crash()
  }
  async function mend(): Promise<void> {
    for (const engine of crashed) {
      await engine.restart()
      crashed.delete(engine)
    }
  }
  return {
    env,
    cutStore: () => crash(store),
    cutLog: () => crash(log),
    mend,
    // Other tests use them, too.
    [Symbol.asyncDispose]: mend,
  }
}
