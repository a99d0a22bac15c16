import { leasesPostgresMigrations } from '#internal/leases/postgres-migrations.ts'
import { connectPostgres } from '#internal/postgres/client.ts'
import { migrate } from '#internal/postgres/migrate.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { startTestPostgres } from '../../test/engines/postgres.ts'
import { ordersPostgresMigrations } from './postgres-migrations.ts'
import { runPipeline } from './run.ts'
import type { Postgres } from '#internal/postgres/client.ts'
import type { RunOptions } from './run.ts'
import type { OrdersStore } from './store.ts'

export interface TestDatabase extends AsyncDisposable {
  readonly url: string
  readonly postgres: Postgres
}

/** A fresh database of a real PostgreSQL, in which `sql` has run. */
export async function openDatabase(sql = ''): Promise<TestDatabase> {
  await using opened = new AsyncDisposableStack()
  const { url } = opened.use(await startTestPostgres())
  const postgres = opened.use(
    connectPostgres({ url, applicationName: 'test', maxConnections: 5, logger: silentLogger }),
  )
  if (sql !== '') await postgres.execute(sql)
  const kept = opened.move()
  return { url, postgres, [Symbol.asyncDispose]: async () => kept.disposeAsync() }
}

/** Makes what a run needs of the store. */
export async function migrateOrders(postgres: Postgres): Promise<void> {
  await migrate(postgres, 'leases', leasesPostgresMigrations)
  await migrate(postgres, 'orders', ordersPostgresMigrations)
}

/** A shop as the first users have it. */
export const shopTables = `
  CREATE TABLE products (product_id text PRIMARY KEY, category_id text NOT NULL, title text, price numeric,
    in_stock boolean, created_at timestamptz);
  CREATE TABLE orders (order_id text PRIMARY KEY, user_id text NOT NULL, created_at timestamptz NOT NULL,
    updated_at timestamptz, cancelled boolean);
  CREATE TABLE order_items (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id text REFERENCES orders,
    product_id text REFERENCES products, quantity int NOT NULL);`

export const day = 86_400_000

/** One run with what a schedule sets by default; `change` says what is different. */
export function run(shop: TestDatabase, store: OrdersStore, change: Partial<RunOptions> = {}) {
  return runPipeline({
    pipeline: 'orders',
    schedule: 'orders',
    holder: 'test',
    source: shop.postgres,
    sourceUrl: shop.url,
    store,
    now: Date.now,
    timeZone: 'UTC',
    windowMs: 90 * day,
    fullEveryMs: day,
    query: null,
    guard: { minRows: 0, maxDropPercent: 100 },
    overrideGuard: false,
    onProgress: () => {},
    logger: silentLogger,
    signal: new AbortController().signal,
    ...change,
  })
}
