import { accessPostgresMigrations } from '#internal/access/postgres-migrations.ts'
import { createPostgresKeyStore } from '#internal/access/postgres-key-store.ts'
import { connectCassandra } from '#internal/cassandra/client.ts'
import { cassandraSchemaVersion, migrateCassandra } from '#internal/cassandra/migrate.ts'
import { Misconfigured } from '#internal/errors/errors.ts'
import { createKafkaLog } from '#internal/eventlog/kafka-log.ts'
import { createPostgresLog } from '#internal/eventlog/postgres-log.ts'
import { eventLogMigrations } from '#internal/eventlog/postgres-schema.ts'
import { topics } from '#internal/eventlog/topics.ts'
import { withTracing } from '#internal/eventlog/traced-log.ts'
import {
  historyCassandraMigrations,
  migrateCassandraHistory,
} from '#internal/history/cassandra-migrations.ts'
import { createCassandraHistoryStore } from '#internal/history/cassandra-store.ts'
import { withStoreTelemetry } from '#internal/history/instrumented-store.ts'
import { historyPostgresMigrations } from '#internal/history/postgres-migrations.ts'
import { createPostgresHistoryStore } from '#internal/history/postgres-store.ts'
import { startHistorySweeper } from '#internal/history/sweeper.ts'
import { leasesCassandraMigrations } from '#internal/leases/cassandra-migrations.ts'
import { leasesPostgresMigrations } from '#internal/leases/postgres-migrations.ts'
import { ordersCassandraMigrations } from '#internal/orders/cassandra-migrations.ts'
import { createCassandraOrdersStore } from '#internal/orders/cassandra-store.ts'
import { withOrdersTelemetry } from '#internal/orders/instrumented-store.ts'
import { ordersPostgresMigrations } from '#internal/orders/postgres-migrations.ts'
import { createPostgresOrdersStore } from '#internal/orders/postgres-store.ts'
import { connectPostgres } from '#internal/postgres/client.ts'
import { migrate, schemaVersion } from '#internal/postgres/migrate.ts'
import { rankerCassandraMigrations } from '#internal/recommend/ranker/cassandra-migrations.ts'
import { createCassandraRankerStore } from '#internal/recommend/ranker/cassandra-store.ts'
import { withRankerTelemetry } from '#internal/recommend/ranker/instrumented-store.ts'
import { rankerPostgresMigrations } from '#internal/recommend/ranker/postgres-migrations.ts'
import { createPostgresRankerStore } from '#internal/recommend/ranker/postgres-store.ts'
import type { KeyStore } from '#internal/access/key-store.ts'
import type { Cassandra } from '#internal/cassandra/client.ts'
import type { EventLog } from '#internal/eventlog/log.ts'
import type { HistoryStore, HistoryTtl } from '#internal/history/store.ts'
import type { OrdersStore } from '#internal/orders/store.ts'
import type { Postgres } from '#internal/postgres/client.ts'
import type { RankerStore } from '#internal/recommend/ranker/store.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import { accessOf, postgresAddressOf } from './logins.ts'
import type { EngineSettings } from './engines-settings.ts'

/** The event log and the stores on the engines that the settings name; each is opened when it is first asked for. */
export interface Engines extends AsyncDisposable {
  log(): EventLog
  history(): HistoryStore
  orders(): OrdersStore
  ranker(): RankerStore
  /** Keys are in PostgreSQL, whatever the engines: rejects with `Misconfigured` where its address is not set. */
  keys(): KeyStore
  /** Makes schemas and topics where they are missing or older; harmless when repeated or run by two at once. */
  init(): Promise<void>
  /** The same for keys alone: a first key that is made then is there before any service, which waits for the rest, looks for it. */
  initKeys(): Promise<void>
  /** What is missing of the schemas and topics, in words; `null` when all stand. */
  schemaProblem(): Promise<string | null>
  /** The same of the store alone, whatever the log does. */
  storeProblem(): Promise<string | null>
  /** Purges what is past its time; Cassandra does that by itself. */
  sweep(): AsyncDisposable | null
  /** Resolves when the store answers. */
  pingStore(): Promise<void>
}

export interface EnginesOptions {
  readonly settings: EngineSettings
  readonly service: string
  readonly instance: string
  readonly logger: Logger
  readonly metrics: Metrics
}

export function openEngines({ settings, service, instance, logger, metrics }: EnginesOptions): Engines {
  const opened = new AsyncDisposableStack()
  const ttl: HistoryTtl = { historyMs: settings.VITRINE_HISTORY_TTL, viewsMs: settings.VITRINE_VIEWS_TTL }
  const now = Date.now
  const onKafka = settings.VITRINE_EVENT_LOG === 'kafka'
  const onCassandra = settings.VITRINE_STORE === 'cassandra'

  const postgres = once((): Postgres => {
    const address = postgresAddressOf(settings)
    if (address === null) throw missing(settings, 'VITRINE_POSTGRES_URL', 'a PostgreSQL URI')
    return opened.use(
      connectPostgres({ ...address, applicationName: service, maxConnections: 10, logger, metrics }),
    )
  })

  const cassandra = once(
    (): Cassandra =>
      opened.use(
        connectCassandra({
          contactPoints: needed(settings, 'VITRINE_CASSANDRA_HOSTS', 'host:port of a node'),
          localDataCenter: settings.VITRINE_CASSANDRA_DATACENTER,
          keyspace: 'productviews',
          replication: settings.VITRINE_CASSANDRA_REPLICATION,
          applicationName: service,
          ...accessOf(settings, 'CASSANDRA'),
          logger,
          metrics,
        }),
      ),
  )

  const log = once((): EventLog => {
    if (!onKafka) {
      return opened.use(
        withTracing(createPostgresLog({ postgres: postgres(), logger, metrics }), 'vitrine-postgres'),
      )
    }
    const kafka = createKafkaLog({
      brokers: needed(settings, 'VITRINE_KAFKA_BROKERS', 'host:port of a broker'),
      clientId: service,
      instanceId: instance,
      replicationFactor: settings.VITRINE_KAFKA_REPLICATION,
      ...accessOf(settings, 'KAFKA'),
      logger,
      metrics,
    })
    return opened.use(withTracing(kafka, 'kafka'))
  })

  const history = once((): HistoryStore => {
    const store = onCassandra
      ? createCassandraHistoryStore({ cassandra: cassandra(), ttl, now })
      : createPostgresHistoryStore({ postgres: postgres(), ttl, now })
    return withStoreTelemetry(store, { metrics, adapter: settings.VITRINE_STORE })
  })

  const orders = once((): OrdersStore => {
    const store = onCassandra
      ? createCassandraOrdersStore({ cassandra: cassandra(), now })
      : createPostgresOrdersStore({ postgres: postgres(), now })
    return withOrdersTelemetry(store, { metrics, adapter: settings.VITRINE_STORE })
  })

  const ranker = once((): RankerStore => {
    const store = onCassandra
      ? createCassandraRankerStore({ cassandra: cassandra() })
      : createPostgresRankerStore({ postgres: postgres() })
    return withRankerTelemetry(store, { metrics, adapter: settings.VITRINE_STORE })
  })

  const keys = once(() => {
    if (!hasPostgres(settings)) {
      throw new MissingSetting(
        'VITRINE_POSTGRES_URL is not set: keys are kept in PostgreSQL, whatever the event log and the store are on',
      )
    }
    return createPostgresKeyStore({ postgres: postgres() })
  })

  /** A missing address is told at once, before any engine is waited for. */
  function openAll(): void {
    log()
    history()
  }

  const wantedTopics = topics({ partitions: settings.VITRINE_PARTITIONS, historyTtlMs: ttl.historyMs })
  const storeSchemas = (): Schema[] =>
    onCassandra
      ? [
          {
            ...cassandraSchema(cassandra, 'history', historyCassandraMigrations(ttl)),
            bring: () => migrateCassandraHistory(cassandra(), ttl),
          },
          cassandraSchema(cassandra, 'leases', leasesCassandraMigrations),
          cassandraSchema(cassandra, 'orders', ordersCassandraMigrations),
          cassandraSchema(cassandra, 'ranker', rankerCassandraMigrations),
        ]
      : [
          postgresSchema(postgres, 'history', historyPostgresMigrations),
          postgresSchema(postgres, 'leases', leasesPostgresMigrations),
          postgresSchema(postgres, 'orders', ordersPostgresMigrations),
          postgresSchema(postgres, 'ranker', rankerPostgresMigrations),
        ]
  const logSchemas = (): Schema[] =>
    onKafka ? [] : [postgresSchema(postgres, 'eventlog', eventLogMigrations)]

  /** Made wherever it can be, so that keys may be asked for later; only who asks for them misses it. */
  const accessSchemas = (): Schema[] =>
    hasPostgres(settings) ? [postgresSchema(postgres, 'access', accessPostgresMigrations)] : []

  return {
    log,
    history,
    orders,
    ranker,
    keys,
    async init() {
      openAll()
      for (const schema of [...logSchemas(), ...storeSchemas(), ...accessSchemas()]) await schema.bring()
      await log().ensureTopics(wantedTopics)
    },
    async initKeys() {
      keys()
      for (const schema of accessSchemas()) await schema.bring()
    },
    async schemaProblem() {
      openAll()
      const problem = await problemOf([...logSchemas(), ...storeSchemas()])
      if (problem !== null) return problem
      for (const { name } of wantedTopics) await log().ends(name)
      return null
    },
    storeProblem: () => problemOf(storeSchemas()),
    sweep: () => (onCassandra ? null : startHistorySweeper({ postgres: postgres(), ttl, now, logger })),
    pingStore: () => (onCassandra ? cassandra().ping() : postgres().ping()),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

interface Schema {
  readonly component: string
  readonly wanted: number
  readonly standing: () => Promise<number>
  readonly bring: () => Promise<unknown>
}

async function problemOf(schemas: readonly Schema[]): Promise<string | null> {
  for (const { component, wanted, standing } of schemas) {
    const version = await standing()
    if (version < wanted) {
      return `the schema of ${component} stands at ${version} and must be at ${wanted}: run vitrine init`
    }
  }
  return null
}

function postgresSchema(
  postgres: () => Postgres,
  component: string,
  migrations: Parameters<typeof migrate>[2],
): Schema {
  return {
    component,
    wanted: migrations.length,
    standing: () => schemaVersion(postgres(), component),
    bring: () => migrate(postgres(), component, migrations),
  }
}

function cassandraSchema(
  cassandra: () => Cassandra,
  component: string,
  migrations: Parameters<typeof migrateCassandra>[2],
): Schema {
  return {
    component,
    wanted: migrations.length,
    standing: () => cassandraSchemaVersion(cassandra(), component),
    bring: () => migrateCassandra(cassandra(), component, migrations),
  }
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null
  return () => (made ??= { value: make() }).value
}

const hasPostgres = ({ VITRINE_POSTGRES_URL: url, VITRINE_POSTGRES_URL_FILE: file }: EngineSettings) =>
  url !== undefined || file !== undefined

/** An engine was chosen whose address nobody gave. */
export class MissingSetting extends Misconfigured {}

type Address = 'VITRINE_POSTGRES_URL' | 'VITRINE_CASSANDRA_HOSTS' | 'VITRINE_KAFKA_BROKERS'

function needed<N extends Address>(
  settings: EngineSettings,
  name: N,
  what: string,
): NonNullable<EngineSettings[N]> {
  const value = settings[name]
  if (value !== undefined && value.length > 0) return value as NonNullable<EngineSettings[N]>
  throw missing(settings, name, what)
}

function missing(settings: EngineSettings, name: Address, what: string): MissingSetting {
  const { VITRINE_EVENT_LOG: log, VITRINE_STORE: store } = settings
  return new MissingSetting(
    `${name} is not set: with VITRINE_EVENT_LOG=${log} and VITRINE_STORE=${store} it must name ${what}`,
  )
}
