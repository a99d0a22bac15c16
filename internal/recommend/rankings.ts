import { followLists } from './published-lists.ts'
import type { OrdersReader, RankedProduct, RankingWindow } from '#internal/orders/store.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Follower } from './published.ts'
import type { Deadline, StoreGuard } from './store-guard.ts'

/** So many products of a list are kept in memory. */
const listLength = 200

export interface BestSellers {
  readonly category: string | null
  readonly window: RankingWindow
  /** Best first; empty when there are none. */
  readonly products: readonly RankedProduct[]
  /** False when the store is away and the list is an older one, or unknown. */
  readonly fresh: boolean
  /** False when the store is away and the list was never read. */
  readonly known: boolean
}

export interface Rankings extends Follower {
  /**
   * The first 200 best sellers of a category (`null`: the whole shop) in a window. Answers also while the store is away,
   * and by the deadline where there is one.
   */
  bestSellers(category: string | null, window: RankingWindow, deadline?: Deadline): Promise<BestSellers>
}

/** Best sellers, read when first asked for and kept as long as their version is the published one. */
export function followRankings(options: {
  store: Pick<OrdersReader, 'currentVersion' | 'ranking'>
  guard: StoreGuard
  logger: Logger
  everyMs?: number
}): Rankings {
  const { store, guard, logger, everyMs = 10_000 } = options
  const lists = followLists<RankedProduct>({ store, set: 'rankings', guard, logger, everyMs })
  return {
    readiness: () => lists.readiness(),
    get fresh() {
      return lists.fresh
    },
    async bestSellers(category, window, deadline) {
      const { items, fresh, known } = await lists.get(
        JSON.stringify([window, category]),
        version => store.ranking(version, category, window, listLength),
        deadline,
      )
      return { category, window, products: items, fresh, known }
    },
    [Symbol.asyncDispose]: () => lists[Symbol.asyncDispose](),
  }
}

/** The best sellers of each of the categories, or, where none is named, of the whole shop. */
export function bestSellersOf(
  rankings: Pick<Rankings, 'bestSellers'>,
  categories: readonly string[],
  window: RankingWindow,
  deadline?: Deadline,
): Promise<BestSellers[]> {
  const scopes = categories.length === 0 ? [null] : [...new Set(categories)]
  return Promise.all(scopes.map(category => rankings.bestSellers(category, window, deadline)))
}
