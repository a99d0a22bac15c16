import { createCatalogue } from '#internal/recommend/catalogue.ts'
import { createKnownVisitors } from '#internal/recommend/known-visitors.ts'
import { createStoreGuard } from '#internal/recommend/store-guard.ts'
import { answerApart, memory } from '../apart.ts'
import { defaultShopOptions } from '#internal/generate/options.ts'
import { generateShop } from '#internal/generate/shop.ts'
import type { HistoryItem } from '#internal/history/store.ts'
import type { Product } from '#internal/orders/store.ts'

/** What else the api holds in memory: so many products of the catalogue, and so many known visitors. */
export interface Task {
  readonly products: number
  readonly visitors: number
  readonly productsOfVisitor: number
}

/** By how much the process' live memory grew, bytes. */
export interface Found {
  readonly catalogue: number
  readonly visitors: number
}

/** As an engine's driver gives it: every text is a string of its own. */
const fresh = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

async function* productsOf(products: number): AsyncGenerator<Product> {
  const shop = generateShop({ ...defaultShopOptions, products, until: Date.now() })
  for (const product of shop.products()) yield fresh({ ...product, price: Number(product.price) })
}

async function catalogueBytes(count: number): Promise<number> {
  const before = memory()
  const catalogue = await createCatalogue(productsOf(count), Date.now())
  const after = memory()
  if (catalogue.size !== count) throw new Error(`of ${count} products ${catalogue.size} are there`)
  return after.live - before.live
}

async function visitorsBytes({ visitors, productsOfVisitor }: Task): Promise<number> {
  const items = (userId: string): HistoryItem[] =>
    Array.from({ length: productsOfVisitor }, (_, n) =>
      fresh({ productId: `product-${userId}-${n}`, viewedAt: n, source: 'desktop' }),
    )
  const known = createKnownVisitors({
    history: { latest: async userId => ({ items: items(userId), next: null, truncated: false }) },
    orders: { boughtSince: async () => new Set() },
    guard: createStoreGuard(),
    isHis: () => true,
    now: Date.now,
  })
  const before = memory()
  for (let n = 0; n < visitors; n++) await known.of(`user-${n}`, 1)
  const grown = memory().live - before.live
  // Asked once more, so that it is alive until here.
  await known.of('user-0', 1)
  return grown
}

await answerApart(async (task: Task): Promise<Found> => {
  return { catalogue: await catalogueBytes(task.products), visitors: await visitorsBytes(task) }
})
