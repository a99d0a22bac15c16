import { boughtTogetherRoutes } from './bought-together-routes.ts'
import { followBoughtTogether } from './bought-together.ts'
import { followCatalogue } from './catalogue.ts'
import { followRankings } from './rankings.ts'
import { createRecommender } from './recommender.ts'
import { recommendRoutes } from './routes.ts'
import { createStoreGuard } from './store-guard.ts'
import type { HistoryStore } from '#internal/history/store.ts'
import type { Route } from '#internal/http/route.ts'
import type { OrdersReader } from '#internal/orders/store.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { Recommender } from './recommender.ts'

/** What answers with recommendations; it follows the published catalogue and rankings until it is disposed. */
export interface RecommendationService extends AsyncDisposable {
  readonly recommender: Recommender
  readonly routes: readonly Route[]
  /** What keeps it from answering, in words; `null` once all published sets were looked at the first time. */
  readiness(): string | null
}

/** `now` gives epoch milliseconds, `newId` a UUIDv7; published sets are looked for every `followEveryMs` (10 s). */
export function startRecommendations(options: {
  history: Pick<HistoryStore, 'latest'>
  orders: OrdersReader
  logger: Logger
  metrics: Metrics
  now: () => number
  newId: () => string
  followEveryMs?: number
}): RecommendationService {
  const { history, orders, logger, metrics, now, newId, followEveryMs: everyMs = 10_000 } = options
  const guard = createStoreGuard()
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
  const recommender = createRecommender({ history, orders, catalogue, rankings, guard, metrics, now, newId })
  return {
    recommender,
    routes: [...recommendRoutes({ recommender, rankings, catalogue }), ...boughtTogetherRoutes(together)],
    readiness: () => catalogue.readiness() ?? rankings.readiness() ?? together.readiness(),
    async [Symbol.asyncDispose]() {
      await Promise.all([catalogue, rankings, together].map(follower => follower[Symbol.asyncDispose]()))
    },
  }
}
