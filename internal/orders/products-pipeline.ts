import { counted, inPhase, isGood } from './pipeline.ts'
import { findProducts } from './shop-source.ts'
import type { Pipeline, Work } from './pipeline.ts'
import type { ShopProducts } from './shop-source.ts'
import type { Product } from './store.ts'

interface ProductRow extends Omit<Product, 'productId' | 'categoryId' | 'createdAt'> {
  readonly productId: string | null
  readonly categoryId: string | null
  readonly createdAt: Date | null
}

async function* readProducts(shop: ShopProducts, { leaveOut }: Work): AsyncGenerator<Product> {
  const rows = shop.stream<ProductRow>(
    `SELECT productid::text AS "productId", categoryid::text AS "categoryId", title::text AS title, price::float8 AS price,
       instock::boolean AS "inStock", createdat::timestamptz AS "createdAt"
     FROM ${shop.products} AS products`,
  )
  for await (const { productId, categoryId, createdAt, ...told } of rows) {
    if (isGood(productId) && isGood(categoryId))
      yield { ...told, productId, categoryId, createdAt: createdAt?.getTime() ?? null }
    else leaveOut()
  }
}

/** The catalogue, whole at each run. */
export const productsPipeline: Pipeline = async (snapshot, query) => {
  const shop = await findProducts(snapshot, query)
  return {
    async count() {
      const [row] = await shop.query<{ rows: number }>(
        `SELECT count(*) AS rows FROM ${shop.products} AS products`,
      )
      return row?.rows ?? 0
    },
    async run(work) {
      const rows = await inPhase('products', () =>
        work.store.writeProducts(work.version, counted(work, 'products', readProducts(shop, work))),
      )
      return { rowsRead: rows, rowsWritten: rows, rowsDeleted: 0, watermark: shop.at, sets: ['products'] }
    },
  }
}
