import { migrateCassandra } from '#internal/cassandra/migrate.ts'
import type { Cassandra } from '#internal/cassandra/client.ts'
import type { CassandraMigration } from '#internal/cassandra/migrate.ts'
import type { HistoryTtl } from './store.ts'

const daySeconds = 86_400

/** How long deletions are kept: a day longer than anything that they must hold back. */
const graceSecondsOf = (ttl: HistoryTtl) => Math.ceil(ttl.historyMs / 1_000) + daySeconds

/** `ttl` decides how long deletions are kept. */
export function historyCassandraMigrations(ttl: HistoryTtl): readonly CassandraMigration[] {
  const graceSeconds = graceSecondsOf(ttl)
  return [
    {
      version: 1,
      statements: [
        `CREATE TABLE IF NOT EXISTS product_views (
          userid text,
          month text,
          messagetime timestamp,
          messageid text,
          event text,
          productid text,
          source text,
          PRIMARY KEY ((userid, month), messagetime, messageid)
        ) WITH CLUSTERING ORDER BY (messagetime DESC, messageid ASC)
          AND compaction = {'class': 'TimeWindowCompactionStrategy',
            'compaction_window_unit': 'DAYS', 'compaction_window_size': 14}
          AND comment = 'Every view'`,
        `CREATE TABLE IF NOT EXISTS user_history (
          userid text,
          productid text,
          messagetime timestamp,
          source text,
          sources set<text>,
          PRIMARY KEY ((userid), productid)
        ) WITH gc_grace_seconds = ${graceSeconds}
          AND compaction = {'class': 'LeveledCompactionStrategy'}
          AND comment = 'The newest view of each product by each user; where sources has several, its largest counts'`,
      ],
    },
  ]
}

/**
 * Brings the schema to its newest version, and has deletions kept as long as `ttl` needs also where the tables were made
 * for a shorter one; never less long, since what they hold back may still be there.
 */
export async function migrateCassandraHistory(cassandra: Cassandra, ttl: HistoryTtl): Promise<void> {
  await migrateCassandra(cassandra, 'history', historyCassandraMigrations(ttl))
  const [table] = await cassandra.execute<{ grace: number }>(
    `SELECT gc_grace_seconds AS grace FROM system_schema.tables WHERE keyspace_name = ? AND table_name = 'user_history'`,
    [cassandra.keyspace],
  )
  const graceSeconds = graceSecondsOf(ttl)
  if (!table || table.grace >= graceSeconds) return
  await cassandra.define(`ALTER TABLE user_history WITH gc_grace_seconds = ${graceSeconds}`)
}
