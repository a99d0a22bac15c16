import type { CassandraMigration } from '#internal/cassandra/migrate.ts'
import type { HistoryTtl } from './store.ts'

const daySeconds = 86_400

/** `ttl` decides how long deletions are kept: a day longer than anything that they must hold back. */
export function historyCassandraMigrations(ttl: HistoryTtl): readonly CassandraMigration[] {
  const graceSeconds = Math.ceil(ttl.historyMs / 1_000) + daySeconds
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
