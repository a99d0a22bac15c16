import { historyReadCap } from '#internal/history/store.ts'
import { fillList } from './chain.ts'
import { createFilter } from './filters.ts'
import { interestsOf } from './interests.ts'
import { countRecommended } from './recommended-items.ts'
import { bestSellers, categoryBestSellers, fromCatalogue } from './sources.ts'
import type { HistoryItem, HistoryStore } from '#internal/history/store.ts'
import type { OrdersReader, RankingWindow } from '#internal/orders/store.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { CatalogueFollower } from './catalogue.ts'
import type { Candidate, RecommendationSource } from './chain.ts'
import type { Filters } from './filters.ts'
import type { InterestBestSellers } from './sources.ts'
import type { Rankings } from './rankings.ts'
import type { StoreGuard } from './store-guard.ts'

/** From so many of the user's latest products his categories are taken, and so many of these. */
const latestProducts = 100
const mostViewedCategories = 5

export interface RecommendedItem {
  readonly productId: string
  /** 1 for the first item, then 1/2, 1/3, …: falls along the list and says nothing across lists. */
  readonly score: number
  readonly source: RecommendationSource
  readonly because: Readonly<Record<string, unknown>>
}

export interface Recommendations {
  /** A UUIDv7 that names this answer. */
  readonly recommendationId: string
  readonly items: readonly RecommendedItem[]
  /** Did the user's own views bring any of the items? */
  readonly personalized: boolean
  /** True when the store was away: the list comes from memory, and what only the store knows of the user is left out. */
  readonly degraded: boolean
}

export interface Question {
  readonly userId: string
  readonly limit: number
  readonly filters: Filters
  /** The product that the visitor looks at now; never recommended. */
  readonly current: string | null
}

export interface Recommender {
  /** Answers within the guard's time limits, whatever is away. */
  recommend(question: Question): Promise<Recommendations>
}

/** `now` gives epoch milliseconds, `newId` a UUIDv7. */
export function createRecommender(parts: {
  history: Pick<HistoryStore, 'latest'>
  orders: Pick<OrdersReader, 'boughtSince'>
  catalogue: CatalogueFollower
  rankings: Rankings
  guard: StoreGuard
  metrics: Metrics
  now: () => number
  newId: () => string
}): Recommender {
  const { history, orders, catalogue, rankings, guard, now, newId } = parts
  const recommended = countRecommended(parts.metrics)

  async function bestSellersOfInterests(items: readonly HistoryItem[]) {
    const products = catalogue.current()
    if (products === null) return []
    const interests = interestsOf(items.slice(0, latestProducts), products.get).slice(0, mostViewedCategories)
    return Promise.all(
      interests.map(async (interest): Promise<InterestBestSellers> => {
        const lists = await Promise.all([
          rankings.bestSellers(interest.category, '30d'),
          rankings.bestSellers(interest.category, 'ever'),
        ])
        return { interest, lists }
      }),
    )
  }

  function ofShopOrCategories(categories: readonly string[], window: RankingWindow) {
    const scopes = categories.length === 0 ? [null] : [...new Set(categories)]
    return Promise.all(scopes.map(category => rankings.bestSellers(category, window)))
  }

  return {
    async recommend({ userId, limit, filters, current }) {
      const since = now() - filters.rebuyAfterMs
      const [latest, bought, previousMonth, ever] = await Promise.all([
        guard(() => history.latest(userId, { limit: historyReadCap })),
        filters.bought === 'exclude'
          ? guard(() => orders.boughtSince(userId, since))
          : { there: true as const, value: new Set<string>() },
        ofShopOrCategories(filters.categories, 'previous-month'),
        ofShopOrCategories(filters.categories, 'ever'),
      ])
      const seen = latest.there ? latest.value.items : []
      const ofInterests = await bestSellersOfInterests(seen)

      const products = catalogue.current()
      const { accepts, acceptsProduct } = createFilter(filters, {
        product: products && products.get,
        seen: new Set(seen.map(({ productId }) => productId)),
        bought: bought.there ? bought.value : new Set(),
        current,
      })
      const chain: Iterable<Candidate>[] = [
        categoryBestSellers(ofInterests, accepts),
        bestSellers('best-sellers-previous-month', previousMonth),
        bestSellers('best-sellers-ever', ever),
      ]
      if (products !== null) chain.push(fromCatalogue(products, filters.categories, acceptsProduct))

      const items = fillList(chain, accepts, limit).map(({ productId, source, because }, i) => ({
        productId,
        score: 1 / (i + 1),
        source,
        because,
      }))
      for (const { source } of items) recommended.add({ source })

      const lists = [...ofInterests.flatMap(interest => interest.lists), ...previousMonth, ...ever]
      const fresh = catalogue.fresh && lists.every(list => list.fresh)
      return {
        recommendationId: newId(),
        items,
        personalized: items.some(({ source }) => source === 'category-best-sellers'),
        degraded: !latest.there || !bought.there || !fresh,
      }
    },
  }
}
