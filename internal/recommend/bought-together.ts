import { Unavailable } from '#internal/errors/errors.ts'
import { partnersOfCart } from './cart.ts'
import { createFilter, defaultFilters } from './filters.ts'
import { followLists } from './published-lists.ts'
import { bestSellersOf } from './rankings.ts'
import { countRecommended } from './recommended-items.ts'
import type { BoughtTogether, OrdersReader } from '#internal/orders/store.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { Partner } from './cart.ts'
import type { CatalogueFollower } from './catalogue.ts'
import type { ProductFilters } from './filters.ts'
import type { Follower } from './published.ts'
import type { Rankings } from './rankings.ts'
import type { StoreGuard } from './store-guard.ts'

/** The window of the best sellers that fill a list up, where that is asked for. */
const fillWindow = '30d'

export interface CartQuestion {
  /** Each is a read of a bounded list, where it is not in memory. */
  readonly products: readonly string[]
  readonly limit: number
  readonly filters: ProductFilters
  /** May best sellers fill the list up? */
  readonly fill: boolean
}

export type CartItem =
  | (Partner & { readonly source: 'bought-together' })
  | {
      readonly productId: string
      /** Nothing ties a best seller to the cart. */
      readonly score: 0
      readonly source: 'best-sellers'
      readonly because: { readonly window: '30d'; readonly buyers: number; readonly category?: string }
    }

export interface CartAnswer {
  /** A UUIDv7 that names this answer. */
  readonly recommendationId: string
  /** True when the store was away: some products of the cart may have said nothing, or what an older version knew. */
  readonly degraded: boolean
  /** True when no product of the cart was ever in enough orders with another one. */
  readonly notEnoughData: boolean
  readonly items: readonly CartItem[]
}

export interface BoughtTogetherService extends Follower {
  /** What completes a cart, best first. Rejects with `Unavailable` when the store is away and nothing is in memory. */
  complete(question: CartQuestion): Promise<CartAnswer>
}

/** Answers from what the published orders say is bought together; `newId` gives a UUIDv7. */
export function followBoughtTogether(parts: {
  store: Pick<OrdersReader, 'currentVersion' | 'boughtTogether'>
  catalogue: Pick<CatalogueFollower, 'current' | 'fresh'>
  rankings: Pick<Rankings, 'bestSellers'>
  guard: StoreGuard
  logger: Logger
  metrics: Metrics
  newId: () => string
  everyMs?: number
}): BoughtTogetherService {
  const { store, catalogue, rankings, guard, logger, newId, everyMs = 10_000 } = parts
  const recommended = countRecommended(parts.metrics)
  const lists = followLists<BoughtTogether>({ store, set: 'bought-together', guard, logger, everyMs })
  const partnersOf = (product: string) =>
    lists.get(product, version => store.boughtTogether(version, product))

  return {
    readiness: () => lists.readiness(),
    get fresh() {
      return lists.fresh
    },
    async complete({ products, limit, filters, fill }) {
      const cart = new Set(products)
      const [partners, sellers] = await Promise.all([
        Promise.all([...cart].map(partnersOf)),
        fill ? bestSellersOf(rankings, filters.categories, fillWindow) : [],
      ])
      const known = catalogue.current()
      const { accepts } = createFilter(
        { ...defaultFilters, ...filters },
        { product: known && known.get, isNew: () => false, seen: cart, bought: new Set(), current: null },
      )
      const items: CartItem[] = partnersOfCart(
        cart,
        partners.map(list => list.items),
      )
        .filter(accepts)
        .slice(0, limit)
        .map(partner => ({ ...partner, source: 'bought-together' }))

      const taken = new Set(items.map(({ productId }) => productId))
      const best = sellers
        .flatMap(({ category, products: ranked }) => ranked.map(one => ({ ...one, category })))
        .sort((a, b) => b.buyers - a.buyers)
      for (const { productId, buyers, category } of best) {
        if (items.length >= limit) break
        const inCategory = category !== null && { category }
        if (taken.has(productId) || !accepts({ productId, ...inCategory })) continue
        taken.add(productId)
        items.push({
          productId,
          score: 0,
          source: 'best-sellers',
          because: { window: fillWindow, buyers, ...inCategory },
        })
      }
      if (items.length === 0 && partners.every(list => !list.known)) {
        throw new Unavailable('The store is away and what was bought with these products is not in memory')
      }
      for (const { source } of items) recommended.add({ source })
      return {
        recommendationId: newId(),
        degraded: ![catalogue, ...partners, ...sellers].every(({ fresh }) => fresh),
        notEnoughData: partners.every(list => list.known && list.items.length === 0),
        items,
      }
    },
    [Symbol.asyncDispose]: () => lists[Symbol.asyncDispose](),
  }
}
