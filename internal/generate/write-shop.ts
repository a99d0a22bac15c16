import { Conflict } from '#internal/errors/errors.ts'
import { chunks } from './chunks.ts'
import type { Postgres, Queryable } from '#internal/postgres/client.ts'
import type { Shop } from './shop.ts'

const tables = [
  `CREATE TABLE IF NOT EXISTS products (
    product_id text PRIMARY KEY,
    category_id text NOT NULL,
    title text,
    price numeric,
    in_stock boolean,
    created_at timestamptz
  )`,
  `CREATE TABLE IF NOT EXISTS orders (
    order_id text PRIMARY KEY,
    user_id text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz,
    cancelled boolean
  )`,
  `CREATE TABLE IF NOT EXISTS order_items (
    id bigint PRIMARY KEY,
    order_id text REFERENCES orders,
    product_id text REFERENCES products,
    quantity int NOT NULL
  )`,
]

export interface WrittenShop {
  readonly products: number
  readonly orders: number
  readonly orderItems: number
}

/**
 * Writes a shop's three tables in one transaction, made where they are missing, and tells how many rows. Rejects with
 * `Conflict` when one of them holds rows, unless `replace` says to delete these first.
 */
export async function writeShop(
  postgres: Postgres,
  shop: Shop,
  { replace }: { replace: boolean },
): Promise<WrittenShop> {
  return postgres.transaction({ statementTimeoutMs: 0 }, async tx => {
    for (const table of tables) await tx.execute(table)
    if (replace) await tx.execute('TRUNCATE order_items, orders, products')
    else await refuseRows(tx)
    return {
      products: await copy(
        tx,
        'products (product_id, category_id, title, price, in_stock, created_at)',
        shop.products(),
        product => [
          product.productId,
          product.categoryId,
          product.title,
          product.price,
          product.inStock,
          isoTime(product.createdAt),
        ],
      ),
      orders: await copy(
        tx,
        'orders (order_id, user_id, created_at, updated_at, cancelled)',
        shop.orders(),
        order => [
          order.orderId,
          order.userId,
          isoTime(order.createdAt),
          isoTime(order.updatedAt),
          order.cancelled,
        ],
      ),
      orderItems: await copy(
        tx,
        'order_items (id, order_id, product_id, quantity)',
        shop.orderItems(),
        item => [item.id, item.orderId, item.productId, item.quantity],
      ),
    }
  })
}

async function refuseRows(tx: Queryable): Promise<void> {
  for (const table of ['products', 'orders', 'order_items']) {
    const [found] = await tx.query(`SELECT FROM ${table} LIMIT 1`)
    if (found === undefined) continue
    throw new Conflict(
      `the table ${table} holds rows already; nothing was written. Replace them, or choose another database.`,
    )
  }
}

/** The generated values hold no tab, line feed or backslash, which COPY's text would need escaped. */
async function copy<T>(
  tx: Queryable,
  target: string,
  rows: Iterable<T>,
  valuesOf: (row: T) => readonly (string | number | boolean)[],
): Promise<number> {
  return tx.copyIn(
    `COPY ${target} FROM STDIN`,
    chunks(rows, row => valuesOf(row).join('\t')),
  )
}

const isoTime = (time: number) => new Date(time).toISOString()
