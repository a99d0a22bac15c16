import { rememberHistories } from '#internal/history/remembered-histories.ts'
import { boughtTogetherRoutes } from './bought-together-routes.ts'
import { followBoughtTogether } from './bought-together.ts'
import { createCategoryTrending } from './category-trending.ts'
import { followCatalogue } from './catalogue.ts'
import { followRankings } from './rankings.ts'
import { createKnownVisitors } from './known-visitors.ts'
import { startLiveViews } from './live/live-views.ts'
import { createRecommender } from './recommender.ts'
import { rankingRoutes } from './ranking-routes.ts'
import { similarRoutes } from './similar-routes.ts'
import { userRoutes } from './user-routes.ts'
import { createSimilar } from './similar.ts'
import { createStoreGuard } from './store-guard.ts'
import type { HistoryStore } from '#internal/history/store.ts'
import type { Route } from '#internal/http/route.ts'
import type { OrdersReader } from '#internal/orders/store.ts'
import type { LiveViews, LiveViewsOptions } from './live/live-views.ts'
import type { RankerStore } from './ranker/store.ts'
import type { Recommender } from './recommender.ts'

/** What answers with recommendations; it follows the published catalogue and rankings until it is disposed. */
export interface RecommendationService extends AsyncDisposable {
  readonly recommender: Recommender
  readonly live: LiveViews
  /** Users' histories, of those who are there from memory. */
  readonly histories: Pick<HistoryStore, 'latest'>
  readonly routes: readonly Route[]
  /** What keeps it from answering, in words; `null` once all published sets were looked at the first time. */
  readiness(): string | null
}

/**
 * `now` gives epoch milliseconds, `newId` a UUIDv7; published sets are looked for every `followEveryMs` (10 s). The
 * rest is for the live views.
 */
export function startRecommendations(
  options: Omit<LiveViewsOptions, 'onLiveView' | 'onChange' | 'ranker'> & {
    history: Pick<HistoryStore, 'latest'>
    orders: OrdersReader
    ranker: RankerStore
    newId: () => string
    followEveryMs?: number
  },
): RecommendationService {
  const { history, orders, logger, metrics, now, newId, followEveryMs: everyMs = 10_000 } = options
  const guard = createStoreGuard()
  const visitors = createKnownVisitors({
    history,
    orders,
    guard,
    isHis: (...view) => live.index.isOf(...view),
    now,
  })
  const answers = metrics.counter({
    name: 'vitrine_history_answers_total',
    help: 'Histories told, by where they were read.',
    labels: ['from'],
  })
  const histories = rememberHistories({
    store: history,
    live: {
      get hears() {
        return live.warm && live.healthy
      },
      isHis: (...view) => live.index.isOf(...view),
      viewsOf: userId => live.index.latest(userId, Infinity),
    },
    ttlMs: options.historyTtlMs,
    now,
    onAnswer: from => answers.add({ from }),
  })
  const forget = (userId: string) => {
    visitors.forget(userId)
    histories.forget(userId)
  }
  const live = startLiveViews({
    ...options,
    onLiveView: view => histories.saw(view),
    onChange(change) {
      forget(change.userId)
      if (change.change === 'merge') forget(change.guestId)
    },
  })
  const catalogue = followCatalogue({ store: orders, logger, metrics, everyMs })
  const rankings = followRankings({ store: orders, guard, logger, everyMs })
  const together = followBoughtTogether({
    store: orders,
    catalogue,
    rankings,
    guard,
    logger,
    metrics,
    newId,
    everyMs,
  })
  const categoryTrending = createCategoryTrending(live.index, now)
  const recommender = createRecommender({
    visitors,
    catalogue,
    rankings,
    categoryTrending,
    live,
    metrics,
    now,
    newId,
  })
  const similar = createSimilar({ live, catalogue, metrics, newId })
  return {
    recommender,
    live,
    histories,
    routes: [
      ...userRoutes(recommender),
      ...similarRoutes(similar),
      ...rankingRoutes({ rankings, catalogue, categoryTrending, live }),
      ...boughtTogetherRoutes(together),
    ],
    readiness: () =>
      catalogue.readiness() ?? rankings.readiness() ?? together.readiness() ?? live.readiness(),
    async [Symbol.asyncDispose]() {
      await Promise.all([catalogue, rankings, together, live].map(part => part[Symbol.asyncDispose]()))
    },
  }
}
