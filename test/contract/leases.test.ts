import { migrateCassandra } from '#internal/cassandra/migrate.ts'
import { leasesCassandraMigrations } from '#internal/leases/cassandra-migrations.ts'
import { createCassandraLeases } from '#internal/leases/cassandra-leases.ts'
import { createFakeLeases } from '#internal/leases/fake-leases.ts'
import { leasesPostgresMigrations } from '#internal/leases/postgres-migrations.ts'
import { createPostgresLeases } from '#internal/leases/postgres-leases.ts'
import { connectPostgres } from '#internal/postgres/client.ts'
import { migrate } from '#internal/postgres/migrate.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { cassandraProblem, connectTestCassandra } from '../engines/cassandra.ts'
import { startTestPostgres } from '../engines/postgres.ts'
import { describeLeases } from './leases.ts'

describeLeases('the fake', async now => ({
  leases: createFakeLeases({ now }),
  [Symbol.asyncDispose]: async () => {},
}))

describeLeases('PostgreSQL', async () => {
  await using opened = new AsyncDisposableStack()
  const { url } = opened.use(await startTestPostgres())
  const postgres = opened.use(connectPostgres({ url, applicationName: 'test', maxConnections: 5, logger }))
  await migrate(postgres, 'leases', leasesPostgresMigrations)
  const kept = opened.move()
  return { leases: createPostgresLeases(postgres), [Symbol.asyncDispose]: async () => kept.disposeAsync() }
})

describeLeases('Cassandra', async () => {
  const problem = await cassandraProblem()
  if (problem !== null) return { skip: problem }
  const cassandra = await connectTestCassandra()
  await migrateCassandra(cassandra, 'leases', leasesCassandraMigrations)
  return {
    leases: createCassandraLeases(cassandra),
    [Symbol.asyncDispose]: () => cassandra[Symbol.asyncDispose](),
  }
})
