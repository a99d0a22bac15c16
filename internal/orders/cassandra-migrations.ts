import type { CassandraMigration } from '#internal/cassandra/migrate.ts'

/**
 * A version's rows are spread over buckets (see `bucketOf`), so that partitions stay small and a version goes bucket by
 * bucket. A scope of '' is the whole shop.
 */
export const ordersCassandraMigrations: readonly CassandraMigration[] = [
  {
    version: 1,
    statements: [
      `CREATE TABLE IF NOT EXISTS order_views (
        userid text, orderid text, productid text, categoryid text, quantity int, messagetime timestamp,
        PRIMARY KEY ((userid), orderid, productid))`,
      `CREATE TABLE IF NOT EXISTS order_owner (
        orderid text PRIMARY KEY, userid text, messagetime timestamp, writtenat timestamp)`,
      `CREATE TABLE IF NOT EXISTS rankings (
        version text, bucket int, scope text, period text, place int, productid text, buyers int, quantity bigint,
        PRIMARY KEY ((version, bucket), scope, period, place))`,
      `CREATE TABLE IF NOT EXISTS products (
        version text, bucket int, productid text, categoryid text, title text, price double, instock boolean,
        createdat timestamp, PRIMARY KEY ((version, bucket), productid))`,
      `CREATE TABLE IF NOT EXISTS bought_together (
        version text, bucket int, productid text, support int, otherproductid text,
        PRIMARY KEY ((version, bucket), productid, support, otherproductid)
      ) WITH CLUSTERING ORDER BY (productid ASC, support DESC, otherproductid ASC)`,
      `CREATE TABLE IF NOT EXISTS set_versions (
        name text, version text, snapshotat timestamp, writtenat timestamp, PRIMARY KEY ((name), version))`,
      'CREATE TABLE IF NOT EXISTS set_pointers (name text PRIMARY KEY, version text, snapshotat timestamp)',
      `CREATE TABLE IF NOT EXISTS etl_runs (
        pipeline text, startedat timestamp, run text, report text, PRIMARY KEY ((pipeline), startedat, run)
      ) WITH CLUSTERING ORDER BY (startedat DESC, run ASC) AND default_time_to_live = ${90 * 86_400}`,
      'CREATE TABLE IF NOT EXISTS etl_state (schedule text PRIMARY KEY, state text)',
    ],
  },
  { version: 2, statements: ['ALTER TABLE bought_together ADD IF NOT EXISTS score double'] },
]
