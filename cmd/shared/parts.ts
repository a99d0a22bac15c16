import { observeLag } from '#internal/eventlog/metrics.ts'
import { historyChangesTopic, productViewsTopic } from '#internal/eventlog/topics.ts'
import { changesGroup, createHistoryService } from '#internal/history/changes.ts'
import { historyRoutes } from '#internal/history/routes.ts'
import { createIntake } from '#internal/ingest/intake.ts'
import { intakeRoutes } from '#internal/ingest/routes.ts'
import { loaderGroup, startLoader } from '#internal/load/loader.ts'
import { startRecommendations } from '#internal/recommend/service.ts'
import { createNewId } from './new-id.ts'
import type { z } from 'zod'
import type { Route } from '#internal/http/route.ts'
import type { Intake } from '#internal/ingest/intake.ts'
import type { indexSettings } from '../api/config.ts'
import type { intakeSettings } from '../ingestor/config.ts'
import type { loadSettings } from '../loader/config.ts'
import type { EngineSettings } from './engines-settings.ts'
import type { Service } from './service.ts'

type Parts = Omit<Service<unknown>, 'settings' | 'signal'>

/** The ingestor's part: views in. */
export function openIntake(
  { engines, metrics }: Pick<Parts, 'engines' | 'metrics'>,
  settings: z.output<typeof intakeSettings>,
): Intake {
  return createIntake({
    log: engines.log(),
    metrics,
    now: Date.now,
    newId: createNewId(),
    eventSource: '/vitrine/ingestor',
    ignoredUsers: new Set(settings.VITRINE_IGNORED_USERS),
    maxViewsPerUserPerDay: settings.VITRINE_MAX_VIEWS_PER_USER_PER_DAY,
  })
}

export function ingestorPart(parts: Parts, settings: z.output<typeof intakeSettings>): readonly Route[] {
  parts.readiness.add('event log', () => answers(parts.engines.log().ping()))
  return intakeRoutes(openIntake(parts, settings))
}

/** The loader's part: from the log into the store. */
export function loaderPart(parts: Parts, settings: z.output<typeof loadSettings>): void {
  const { engines, opened, logger, metrics, readiness } = parts
  const log = engines.log()
  const sweeper = engines.sweep()
  if (sweeper) opened.use(sweeper)
  const loader = startLoader({
    log,
    history: engines.history(),
    logger,
    metrics,
    now: Date.now,
    maxBatch: settings.VITRINE_LOADER_BATCH,
    concurrency: settings.VITRINE_LOADER_CONCURRENCY,
  })
  opened.use(loader)
  observeLag(metrics, log, [
    { group: loaderGroup, topics: [productViewsTopic] },
    { group: changesGroup, topics: [historyChangesTopic] },
  ])
  readiness.add('loader', () => loader.readiness())
  readiness.add('store', () => answers(engines.pingStore()))
}

/** The api's part: answers to the shop's pages. What is published is looked for every `followEveryMs`. */
export function apiPart(
  { engines, opened, logger, metrics, readiness }: Parts,
  settings: z.output<typeof indexSettings> & EngineSettings,
  { instance, followEveryMs, publishEveryMs }: ApiPartOptions,
): readonly Route[] {
  const log = engines.log()
  const store = engines.history()
  const recommendations = startRecommendations({
    log,
    history: store,
    orders: engines.orders(),
    ranker: engines.ranker(),
    settings: {
      capacityViews: settings.VITRINE_INDEX_VIEWS,
      sessionsPerProduct: settings.VITRINE_INDEX_SESSIONS_PER_PRODUCT,
    },
    historyTtlMs: settings.VITRINE_HISTORY_TTL,
    warmLimitMs: settings.VITRINE_INDEX_WARM_LIMIT,
    instance,
    logger,
    metrics,
    now: Date.now,
    newId: createNewId(),
    ...(followEveryMs !== undefined && { followEveryMs }),
    ...(publishEveryMs !== undefined && { publishEveryMs }),
  })
  opened.use(recommendations)
  const { live: memory, histories } = recommendations
  const history = createHistoryService({
    log,
    store: { ...store, latest: histories.latest },
    logger,
    memory,
  })
  readiness.add('recommendations', () => recommendations.readiness())
  return [...historyRoutes(history), ...recommendations.routes]
}

interface ApiPartOptions {
  /** Names this process among those that may teach the ranker. */
  readonly instance: string
  readonly followEveryMs?: number
  readonly publishEveryMs?: number
}

async function answers(asked: Promise<void>): Promise<null> {
  await asked
  return null
}
