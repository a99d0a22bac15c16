import type { CassandraMigration } from '#internal/cassandra/migrate.ts'

/**
 * All versions are one partition, whose static `newest` is what publishing compares and sets. Deletions are kept for a
 * day only: an old version that came back would do no harm.
 */
export const rankerCassandraMigrations: readonly CassandraMigration[] = [
  {
    version: 1,
    statements: [
      `CREATE TABLE IF NOT EXISTS ranker_weights (
        ranker text, version int, newest int static, features text, weights frozen<list<double>>,
        memory frozen<list<double>>, lessons bigint, publishedat timestamp, scores frozen<map<text, double>>,
        PRIMARY KEY ((ranker), version)
      ) WITH CLUSTERING ORDER BY (version DESC) AND gc_grace_seconds = 86400`,
      'CREATE TABLE IF NOT EXISTS ranker_switches (name text PRIMARY KEY, ison boolean)',
    ],
  },
]
