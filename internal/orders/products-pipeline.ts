import { counted } from './pipeline.ts'
import type { Pipeline } from './pipeline.ts'
import type { ShopSnapshot } from './shop-database.ts'
import type { Product } from './store.ts'

async function* readProducts({ tables, stream }: ShopSnapshot): AsyncGenerator<Product> {
  const column = (name: string, cast = '') => (tables.products.has(name) ? `${name}${cast}` : 'NULL')
  const rows = stream<Omit<Product, 'createdAt'> & { createdAt: Date | null }>(
    `SELECT product_id AS "productId", category_id AS "categoryId", ${column('title')} AS title,
       ${column('price', '::float8')} AS price, ${column('in_stock')} AS "inStock", ${column('created_at')} AS "createdAt"
     FROM products`,
  )
  for await (const row of rows) yield { ...row, createdAt: row.createdAt?.getTime() ?? null }
}

/** The catalogue, whole at each run. */
export const productsPipeline: Pipeline = {
  async count({ shop }) {
    const [row] = await shop.query<{ rows: number }>('SELECT count(*) AS rows FROM products')
    return row?.rows ?? 0
  },
  async run(work) {
    const rows = await work.store.writeProducts(
      work.version,
      counted(work, 'products', readProducts(work.shop)),
    )
    return { rowsRead: rows, rowsWritten: rows, rowsDeleted: 0, watermark: work.shop.at, sets: ['products'] }
  },
}
