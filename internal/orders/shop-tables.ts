import { Misconfigured } from '#internal/errors/errors.ts'
import type { ShopSnapshot } from './shop-database.ts'
import type { ShopOrders, ShopProducts } from './shop-source.ts'

const required = {
  products: ['product_id', 'category_id'],
  orders: ['order_id', 'user_id', 'created_at'],
  order_items: ['id', 'order_id', 'product_id', 'quantity'],
} as const

type Table = keyof typeof required

/** Orders in the tables `orders`, `order_items` and `products`. */
export async function readOrderTables(shop: ShopSnapshot): Promise<Pick<ShopOrders, 'lines' | 'changes'>> {
  const { orders } = await findColumns(shop, ['products', 'orders', 'order_items'])
  const cancelled = orders.has('cancelled') ? 'coalesce(o.cancelled, false)' : 'false'
  const changedAt = orders.has('updated_at')
    ? 'greatest(o.created_at, coalesce(o.updated_at, o.created_at))'
    : 'o.created_at'
  return {
    lines: `(
      SELECT o.order_id AS orderid, i.product_id AS productid, p.category_id AS categoryid, i.quantity,
        o.user_id AS userid, o.created_at AS messagetime, ${changedAt} AS changedat, i.order_id IS NOT NULL AS isline
      FROM orders o
        LEFT JOIN order_items i ON i.order_id = o.order_id AND NOT ${cancelled}
        LEFT JOIN products p ON p.product_id = i.product_id)`,
    changes: `(SELECT ${changedAt} AS changedat FROM orders o)`,
  }
}

/** The catalogue in the table `products`. */
export async function readProductTable(shop: ShopSnapshot): Promise<Pick<ShopProducts, 'products'>> {
  const { products } = await findColumns(shop, ['products'])
  const column = (name: string) => (products.has(name) ? name : 'NULL')
  return {
    products: `(
      SELECT product_id AS productid, category_id AS categoryid, ${column('title')} AS title, ${column('price')} AS price,
        ${column('in_stock')} AS instock, ${column('created_at')} AS createdat
      FROM products)`,
  }
}

/** The columns of tables as they are found: those that a shop may lack are told by their presence. */
async function findColumns<T extends Table>(
  shop: ShopSnapshot,
  tables: readonly T[],
): Promise<Record<T, ReadonlySet<string>>> {
  const rows = await shop.query<{ name: string; columns: string[] }>(
    `SELECT name, array_agg(attname::text) AS columns
     FROM unnest($1::text[]) AS name JOIN pg_attribute ON attrelid = to_regclass(name)
     WHERE attnum > 0 AND NOT attisdropped GROUP BY name`,
    [tables],
  )
  const found = new Map(rows.map(({ name, columns }) => [name, new Set(columns)]))
  const checked = tables.map(table => [table, checkTable(table, found.get(table))])
  return Object.fromEntries(checked) as Record<T, ReadonlySet<string>>
}

function checkTable(table: Table, found: ReadonlySet<string> | undefined): ReadonlySet<string> {
  const columns: readonly string[] = required[table]
  if (!found) {
    throw new Misconfigured(`the shop's database has no table ${table}: it must have ${columns.join(', ')}`)
  }
  const missing = columns.filter(column => !found.has(column))
  if (missing.length > 0) {
    throw new Misconfigured(`the table ${table} of the shop's database has no column ${missing.join(', ')}`)
  }
  return found
}
