import { historyCassandraMigrations } from '#internal/history/cassandra-migrations.ts'
import { createCassandraHistoryStore } from '#internal/history/cassandra-store.ts'
import { migrateCassandra } from '#internal/cassandra/migrate.ts'
import { cassandraProblem, connectTestCassandra } from '../engines/cassandra.ts'
import { describeHistoryStore } from './history-store.ts'

describeHistoryStore('Cassandra', async settings => {
  const problem = await cassandraProblem()
  if (problem !== null) return { skip: problem }
  const cassandra = await connectTestCassandra()
  await migrateCassandra(cassandra, 'history', historyCassandraMigrations(settings.ttl))
  return {
    store: createCassandraHistoryStore({ cassandra, ...settings }),
    [Symbol.asyncDispose]: () => cassandra[Symbol.asyncDispose](),
  }
})
