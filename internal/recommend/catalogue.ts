import { compareBytes } from '#internal/domain/product-view.ts'
import { followPublished } from './published.ts'
import { inTurns, sortInSlices } from './sort-in-slices.ts'
import type { OrdersReader, Product } from '#internal/orders/store.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { Follower } from './published.ts'

/** The shop's products at one moment, in memory. */
export interface Catalogue {
  readonly size: number
  /** The moment of the shop's data that it shows, epoch milliseconds. */
  readonly snapshotAt: number
  readonly get: (productId: string) => Product | undefined
  /** Newest first, then by id; those without a date last. With categories, only products of any of them. */
  newest(categories: readonly string[]): Iterable<Product>
}

/** Indexes products, of which the last of an id stands. */
export async function createCatalogue(
  products: AsyncIterable<Product>,
  snapshotAt: number,
): Promise<Catalogue> {
  const byId = new Map<string, Product>()
  for await (const product of inTurns(products)) byId.set(product.productId, product)

  const sorted = await sortInSlices([...byId.values()], newestFirst)
  const byCategory = new Map<string, Product[]>()
  for await (const product of inTurns(sorted)) {
    const members = byCategory.get(product.categoryId)
    if (members) members.push(product)
    else byCategory.set(product.categoryId, [product])
  }
  return {
    size: byId.size,
    snapshotAt,
    get: productId => byId.get(productId),
    newest(categories) {
      if (categories.length === 0) return sorted
      return mergeNewest([...new Set(categories)].map(category => byCategory.get(category) ?? []))
    },
  }
}

function newestFirst(a: Product, b: Product): number {
  const difference = (b.createdAt ?? 0) - (a.createdAt ?? 0)
  return difference === 0 ? compareBytes(a.productId, b.productId) : difference
}

function* mergeNewest(lists: readonly (readonly Product[])[]): Generator<Product> {
  const at = lists.map(() => 0)
  while (true) {
    let from = -1
    let next: Product | undefined
    for (const [i, list] of lists.entries()) {
      const product = list[at[i] as number]
      if (product === undefined || (next !== undefined && newestFirst(product, next) > 0)) continue
      from = i
      next = product
    }
    if (next === undefined) return
    at[from] = (at[from] as number) + 1
    yield next
  }
}

export interface CatalogueFollower extends Follower {
  /** The newest catalogue that could be read; `null` while none is published. */
  current(): Catalogue | null
}

/** Keeps the published catalogue in memory, looking for a newer one every `everyMs`. */
export function followCatalogue(options: {
  store: Pick<OrdersReader, 'currentVersion' | 'products'>
  logger: Logger
  metrics: Metrics
  everyMs?: number
}): CatalogueFollower {
  const { store, logger, metrics, everyMs = 10_000 } = options
  let current: Catalogue | null = null
  const size = metrics.gauge({
    name: 'vitrine_catalogue_products',
    help: 'Products of the catalogue in memory.',
  })
  const follower = followPublished({
    store,
    set: 'products',
    everyMs,
    logger,
    async adopt(version, signal) {
      current = version && (await createCatalogue(until(signal, store.products(version)), version.snapshotAt))
      size.set({}, current?.size ?? 0)
    },
  })
  return {
    current: () => current,
    readiness: () => follower.readiness(),
    get fresh() {
      return follower.fresh
    },
    [Symbol.asyncDispose]: () => follower[Symbol.asyncDispose](),
  }
}

/** Stops reading when the signal ends, so that a large catalogue does not hold up a shutdown. */
async function* until<T>(signal: AbortSignal, items: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const item of items) {
    signal.throwIfAborted()
    yield item
  }
}
