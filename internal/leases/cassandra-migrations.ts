import type { CassandraMigration } from '#internal/cassandra/migrate.ts'

export const leasesCassandraMigrations: readonly CassandraMigration[] = [
  {
    version: 1,
    statements: ['CREATE TABLE IF NOT EXISTS leases (name text PRIMARY KEY, holder text)'],
  },
]
