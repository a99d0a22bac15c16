import { followPublished } from './published.ts'
import type { OrdersReader, RankedProduct, RankingWindow, Version } from '#internal/orders/store.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Follower } from './published.ts'
import type { StoreGuard } from './store-guard.ts'

/** So many products of a list are kept in memory, and so many lists. */
const listLength = 200
const maxLists = 2_000

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
  /** The first 200 best sellers of a category (`null`: the whole shop) in a window. Answers also while the store is away. */
  bestSellers(category: string | null, window: RankingWindow): Promise<BestSellers>
}

type Lists = Map<string, Promise<readonly RankedProduct[] | null>>

/** Best sellers, read when first asked for and kept as long as their version is the published one. */
export function followRankings(options: {
  store: Pick<OrdersReader, 'currentVersion' | 'ranking'>
  guard: StoreGuard
  logger: Logger
  everyMs?: number
}): Rankings {
  const { store, guard, logger, everyMs = 10_000 } = options
  let version: Version | null = null
  let lists: Lists = new Map()
  let older: Lists = new Map()

  const follower = followPublished({
    store,
    set: 'rankings',
    everyMs,
    logger,
    async adopt(published) {
      version = published
      older = lists
      lists = new Map()
    },
  })

  async function read(from: Version, category: string | null, window: RankingWindow) {
    const answer = await guard(() => store.ranking(from, category, window, listLength))
    return answer.there ? answer.value : null
  }

  /** The list of the published version; `null` while the store is away. */
  async function published(key: string, category: string | null, window: RankingWindow) {
    if (version === null) return []
    const at = lists
    const list = at.get(key) ?? read(version, category, window)
    at.delete(key)
    at.set(key, list)
    if (at.size > maxLists) at.delete(at.keys().next().value as string)
    try {
      const products = await list
      if (products === null && at.get(key) === list) at.delete(key)
      return products
    } catch (error) {
      if (at.get(key) === list) at.delete(key)
      throw error
    }
  }

  return {
    readiness: () => follower.readiness(),
    get fresh() {
      return follower.fresh
    },
    async bestSellers(category, window) {
      const key = JSON.stringify([window, category])
      const products = await published(key, category, window)
      if (products !== null) {
        return { category, window, products, fresh: follower.fresh, known: follower.readiness() === null }
      }
      const last = (await older.get(key)?.catch(() => null)) ?? null
      return { category, window, products: last ?? [], fresh: false, known: last !== null }
    },
    [Symbol.asyncDispose]: () => follower[Symbol.asyncDispose](),
  }
}
