import { Misconfigured } from '#internal/errors/errors.ts'
import { sqlState } from '#internal/postgres/errors.ts'
import type { Postgres, Queryable } from '#internal/postgres/client.ts'

/** The shop's three tables as they are found: columns that a shop may lack are told by their presence. */
export interface ShopTables {
  readonly products: ReadonlySet<string>
  readonly orders: ReadonlySet<string>
}

/** One moment of the shop's database; everything read through it sees the same. */
export interface ShopSnapshot extends Queryable {
  readonly tables: ShopTables
  /** Epoch milliseconds. */
  readonly at: number
}

const required = {
  products: ['product_id', 'category_id'],
  orders: ['order_id', 'user_id', 'created_at'],
  order_items: ['id', 'order_id', 'product_id', 'quantity'],
} as const

const statementTimeoutMs = 10 * 60_000

/**
 * Runs `work` on one read-only snapshot of the shop's database, whose statements are cancelled once `signal` aborts.
 * Rejects with `Misconfigured`, naming what is missing.
 */
export async function withSnapshot<T>(
  shop: Postgres,
  work: (snapshot: ShopSnapshot) => Promise<T>,
  { signal }: { signal?: AbortSignal } = {},
): Promise<T> {
  try {
    return await shop.transaction(
      { isolation: 'repeatable read', readOnly: true, statementTimeoutMs, ...(signal && { signal }) },
      async tx => {
        // Times without a zone are taken as UTC; and a run that hangs doesn't hold back the shop's vacuum for ever.
        const [clock] = await tx.query<{ at: Date }>(
          `SELECT now() AS at, set_config('TimeZone', 'UTC', true),
             set_config('idle_in_transaction_session_timeout', '${statementTimeoutMs}ms', true)`,
        )
        const found = await columnsOf(tx)
        for (const [table, columns] of Object.entries(required)) checkTable(table, columns, found.get(table))
        return work({
          ...tx,
          tables: { products: found.get('products') ?? new Set(), orders: found.get('orders') ?? new Set() },
          at: (clock?.at ?? new Date()).getTime(),
        })
      },
    )
  } catch (error) {
    if (sqlState(error) === '42501') {
      throw new Misconfigured(
        `the shop's database refuses to be read (${(error as Error).message}): grant SELECT on products, orders and order_items`,
        { cause: error },
      )
    }
    throw error
  }
}

async function columnsOf(tx: Queryable): Promise<Map<string, Set<string>>> {
  const rows = await tx.query<{ name: string; columns: string[] }>(
    `SELECT name, array_agg(attname::text) AS columns
     FROM unnest($1::text[]) AS name JOIN pg_attribute ON attrelid = to_regclass(name)
     WHERE attnum > 0 AND NOT attisdropped GROUP BY name`,
    [Object.keys(required)],
  )
  return new Map(rows.map(({ name, columns }) => [name, new Set(columns)]))
}

function checkTable(table: string, columns: readonly string[], found: ReadonlySet<string> | undefined): void {
  if (!found) {
    throw new Misconfigured(`the shop's database has no table ${table}: it must have ${columns.join(', ')}`)
  }
  const missing = columns.filter(column => !found.has(column))
  if (missing.length > 0) {
    throw new Misconfigured(`the table ${table} of the shop's database has no column ${missing.join(', ')}`)
  }
}

/** When an order was last touched, as far as the shop says. */
export function changedAt({ orders }: ShopTables): string {
  return orders.has('updated_at')
    ? 'greatest(o.created_at, coalesce(o.updated_at, o.created_at))'
    : 'o.created_at'
}

export function isCancelled({ orders }: ShopTables): string {
  return orders.has('cancelled') ? 'coalesce(o.cancelled, false)' : 'false'
}
