import { createSessionIndex } from '../index/session-index.ts'
import { createRanker } from '../ranker/ranker.ts'
import { startTeacher } from '../ranker/teacher.ts'
import { createSessionSource } from '../from-sessions.ts'
import { applyToIndex, startIndexFeed } from './feed.ts'
import { observeIndex } from './metrics.ts'
import type { RecordedView } from '#internal/domain/product-view.ts'
import type { EventLog } from '#internal/eventlog/log.ts'
import type { HistoryChange, HistoryInMemory } from '#internal/history/changes.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { SessionSource } from '../from-sessions.ts'
import type { SessionIndex, SessionIndexSettings } from '../index/session-index.ts'
import type { RankerStore } from '../ranker/store.ts'

const hour = 60 * 60 * 1000

/** The views of all visitors as they come, in memory, and what can be asked of them. */
export interface LiveViews extends HistoryInMemory, AsyncDisposable {
  readonly index: SessionIndex
  readonly sessions: SessionSource
  /** Is all in the index that was in the log when this began? Answers are made from it then. */
  readonly warm: boolean
  /** False while the log is away: nothing new comes. */
  readonly healthy: boolean
  /** What keeps it from answering, in words; `null` once it is warm, or has tried for `warmLimitMs`. */
  readiness(): string | null
}

export interface LiveViewsOptions {
  readonly log: Pick<EventLog, 'readAll' | 'ends'>
  readonly ranker: RankerStore
  readonly settings: SessionIndexSettings
  /** Deletions older than this can't concern a view that still comes, milliseconds. */
  readonly historyTtlMs: number
  /** After so long it is ready though it is not warm, milliseconds. */
  readonly warmLimitMs: number
  /** Names this process among those that may teach. */
  readonly instance: string
  readonly logger: Logger
  readonly metrics: Metrics
  /** Epoch milliseconds. */
  readonly now: () => number
  /** How often the ranker's weights are published and looked for, milliseconds. */
  readonly publishEveryMs?: number
  /** A view came to the log after this began. */
  readonly onLiveView: (view: RecordedView) => void
  /** A user's history shrank, or grew by that of a guest. */
  readonly onChange: (change: HistoryChange) => void
}

export function startLiveViews(options: LiveViewsOptions): LiveViews {
  const { log, settings, historyTtlMs, logger, metrics, now, publishEveryMs, onLiveView, onChange } = options
  const index = createSessionIndex(settings)
  const ranker = createRanker(index)
  const teacher = startTeacher({
    store: options.ranker,
    index,
    ranker,
    instance: options.instance,
    logger,
    metrics,
    now,
    ...(publishEveryMs !== undefined && { everyMs: publishEveryMs }),
  })
  const sessions = createSessionSource({ index, ranker, weights: () => teacher.weights() })
  const started = now()
  const feed = startIndexFeed({
    log,
    index,
    historyTtlMs,
    newestRecords: settings.capacityViews,
    logger,
    onLiveView(view) {
      const { userId, productId, effectiveTime: time } = view
      onLiveView(view)
      teacher.consider({ userId, productId, time })
    },
    onEffect: record => shown.effect(record),
    onChange,
  })
  const shown = observeIndex(metrics, { index, progress: () => feed.progress(), now })
  const cleaning = setInterval(
    () => void feed.dropChangesBefore(now() - historyTtlMs - 24 * hour),
    hour,
  ).unref()

  return {
    index,
    sessions,
    get warm() {
      return feed.warm
    },
    get healthy() {
      return feed.healthy
    },
    readiness() {
      if (feed.warm || now() - started > options.warmLimitMs) return null
      return `reading the views that are in the log: ${Math.floor(feed.progress() * 100)} %`
    },
    newestEffectiveTime(userId, productId) {
      const views = index.latest(userId, Infinity)
      return views.find(view => productId === undefined || view.productId === productId)?.time ?? null
    },
    latestProducts(userId, limit) {
      const items = feed.warm ? index.latestProducts(userId, limit) : null
      // Newer than all that may be missing, and not past its time.
      const since = Math.max(feed.completeSince, now() - historyTtlMs)
      if (items === null || items.some(({ time }) => time <= since)) return null
      return items.map(({ productId }) => productId)
    },
    apply(change, appendTime) {
      applyToIndex(index, change, appendTime)
      onChange(change)
    },
    async [Symbol.asyncDispose]() {
      clearInterval(cleaning)
      await feed[Symbol.asyncDispose]()
      await teacher[Symbol.asyncDispose]()
    },
  }
}
