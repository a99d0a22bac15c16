import { connectCassandra } from '#internal/cassandra/client.ts'
import { migrateCassandra } from '#internal/cassandra/migrate.ts'
import { leasesCassandraMigrations } from '#internal/leases/cassandra-migrations.ts'
import { leasesPostgresMigrations } from '#internal/leases/postgres-migrations.ts'
import { connectPostgres } from '#internal/postgres/client.ts'
import { migrate } from '#internal/postgres/migrate.ts'
import { rankerCassandraMigrations } from '#internal/recommend/ranker/cassandra-migrations.ts'
import { createCassandraRankerStore } from '#internal/recommend/ranker/cassandra-store.ts'
import { createFakeRankerStore } from '#internal/recommend/ranker/fake-store.ts'
import { rankerPostgresMigrations } from '#internal/recommend/ranker/postgres-migrations.ts'
import { createPostgresRankerStore } from '#internal/recommend/ranker/postgres-store.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { cassandraProblem, connectTestCassandra } from '../engines/cassandra.ts'
import { startTestPostgres } from '../engines/postgres.ts'
import { describeRankerStore } from './ranker-store.ts'

describeRankerStore('the fake', async () => {
  const away = createFakeRankerStore()
  away.setAvailable(false)
  const store = createFakeRankerStore()
  return { store, away, versions: async () => store.versions(), [Symbol.asyncDispose]: async () => {} }
})

describeRankerStore('PostgreSQL', async () => {
  await using opened = new AsyncDisposableStack()
  const connect = (url: string) =>
    opened.use(connectPostgres({ url, applicationName: 'test', maxConnections: 10, logger }))
  const { url } = opened.use(await startTestPostgres())
  const postgres = connect(url)
  await migrate(postgres, 'leases', leasesPostgresMigrations)
  await migrate(postgres, 'ranker', rankerPostgresMigrations)
  const away = createPostgresRankerStore({ postgres: connect('postgres://vitrine@127.0.0.1:1/vitrine') })
  const kept = opened.move()
  return {
    store: createPostgresRankerStore({ postgres }),
    away,
    async versions() {
      const rows = await postgres.query<{ version: number }>(
        'SELECT version FROM productviews.ranker_weights ORDER BY version',
      )
      return rows.map(({ version }) => version)
    },
    [Symbol.asyncDispose]: async () => kept.disposeAsync(),
  }
})

describeRankerStore('Cassandra', async () => {
  const problem = await cassandraProblem()
  if (problem !== null) return { skip: problem }
  await using opened = new AsyncDisposableStack()
  const cassandra = opened.use(await connectTestCassandra())
  await migrateCassandra(cassandra, 'leases', leasesCassandraMigrations)
  await migrateCassandra(cassandra, 'ranker', rankerCassandraMigrations)
  const nowhere = opened.use(
    connectCassandra({
      contactPoints: ['127.0.0.1:1'],
      localDataCenter: 'datacenter1',
      keyspace: 'nowhere',
      replication: 1,
      applicationName: 'test',
      logger,
    }),
  )
  const kept = opened.move()
  return {
    store: createCassandraRankerStore({ cassandra }),
    away: createCassandraRankerStore({ cassandra: nowhere }),
    async versions() {
      const rows = await cassandra.execute<{ version: number }>(
        "SELECT version FROM ranker_weights WHERE ranker = 'ranker' ORDER BY version ASC",
      )
      return rows.map(({ version }) => version)
    },
    [Symbol.asyncDispose]: async () => kept.disposeAsync(),
  }
})
