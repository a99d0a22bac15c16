import { counted, hasGoodIds, inPhase } from './pipeline.ts'
import type { Pipeline, Work } from './pipeline.ts'
import type { Product } from './store.ts'

async function* readProducts({ shop, leaveOut }: Work): AsyncGenerator<Product> {
  const column = (name: string, cast = '') => (shop.tables.products.has(name) ? `${name}${cast}` : 'NULL')
  const rows = shop.stream<Omit<Product, 'createdAt'> & { createdAt: Date | null }>(
    `SELECT product_id::text AS "productId", category_id::text AS "categoryId", ${column('title', '::text')} AS title,
       ${column('price', '::float8')} AS price, ${column('in_stock')} AS "inStock", ${column('created_at', '::timestamptz')} AS "createdAt"
     FROM products`,
  )
  for await (const row of rows) {
    if (hasGoodIds(row.productId, row.categoryId))
      yield { ...row, createdAt: row.createdAt?.getTime() ?? null }
    else leaveOut()
  }
}

/** The catalogue, whole at each run. */
export const productsPipeline: Pipeline = {
  async count({ shop }) {
    const [row] = await shop.query<{ rows: number }>('SELECT count(*) AS rows FROM products')
    return row?.rows ?? 0
  },
  async run(work) {
    const rows = await inPhase('products', () =>
      work.store.writeProducts(work.version, counted(work, 'products', readProducts(work))),
    )
    return { rowsRead: rows, rowsWritten: rows, rowsDeleted: 0, watermark: work.shop.at, sets: ['products'] }
  },
}
