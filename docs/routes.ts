import { v7 as newId } from 'uuid'
import { createFakeLog } from '#internal/eventlog/fake-log.ts'
import { topics } from '#internal/eventlog/topics.ts'
import { createHistoryService } from '#internal/history/changes.ts'
import { createFakeHistoryStore } from '#internal/history/fake-store.ts'
import { historyRoutes } from '#internal/history/routes.ts'
import { defaultHistoryTtl } from '#internal/history/store.ts'
import { createIntake } from '#internal/ingest/intake.ts'
import { intakeRoutes } from '#internal/ingest/routes.ts'
import { startTestRecommendations } from '#internal/recommend/test-support.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import type { Route } from '#internal/http/route.ts'

/** Every call that shops make, on fakes: what they answer does not matter here. */
export async function documentedRoutes(): Promise<Route[]> {
  const metrics = createMetrics({ service: 'docs', version: '0' })
  const now = Date.now
  const history = createFakeHistoryStore({ ttl: defaultHistoryTtl, now })
  const log = createFakeLog()
  await log.ensureTopics(topics({ partitions: 1, historyTtlMs: defaultHistoryTtl.historyMs }))
  const { service } = await startTestRecommendations({ now, history })
  await using recommendations = service
  const intake = createIntake({
    log,
    metrics,
    now,
    newId,
    eventSource: '/',
    ignoredUsers: new Set(),
    maxViewsPerUserPerDay: 1,
  })
  return [
    ...intakeRoutes(intake),
    ...historyRoutes(createHistoryService({ log, store: history, logger })),
    ...recommendations.routes,
  ]
}
