import { migrateCassandra } from '#internal/cassandra/migrate.ts'
import { ordersCassandraMigrations } from '#internal/orders/cassandra-migrations.ts'
import { createCassandraOrdersStore } from '#internal/orders/cassandra-store.ts'
import { cassandraProblem, connectTestCassandra } from '../engines/cassandra.ts'
import { createFakeOrdersStore } from '#internal/orders/fake-store.ts'
import { ordersPostgresMigrations } from '#internal/orders/postgres-migrations.ts'
import { createPostgresOrdersStore } from '#internal/orders/postgres-store.ts'
import { connectPostgres } from '#internal/postgres/client.ts'
import { migrate } from '#internal/postgres/migrate.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { startTestPostgres } from '../engines/postgres.ts'
import { describeOrdersStore } from './orders-store.ts'

describeOrdersStore('the fake', async now => ({
  store: createFakeOrdersStore({ now }),
  [Symbol.asyncDispose]: async () => {},
}))

describeOrdersStore('PostgreSQL', async now => {
  await using opened = new AsyncDisposableStack()
  const { url } = opened.use(await startTestPostgres())
  const postgres = opened.use(connectPostgres({ url, applicationName: 'test', maxConnections: 5, logger }))
  await migrate(postgres, 'orders', ordersPostgresMigrations)
  const kept = opened.move()
  return {
    store: createPostgresOrdersStore({ postgres, now }),
    [Symbol.asyncDispose]: async () => kept.disposeAsync(),
  }
})

describeOrdersStore('Cassandra', async now => {
  const problem = await cassandraProblem()
  if (problem !== null) return { skip: problem }
  const cassandra = await connectTestCassandra()
  await migrateCassandra(cassandra, 'orders', ordersCassandraMigrations)
  return {
    store: createCassandraOrdersStore({ cassandra, now }),
    [Symbol.asyncDispose]: () => cassandra[Symbol.asyncDispose](),
  }
})
