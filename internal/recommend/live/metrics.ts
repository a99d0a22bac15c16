import { delayBuckets, secondsSinceReceived } from '#internal/history/records.ts'
import type { LogRecord } from '#internal/eventlog/log.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { SessionIndex } from '../index/session-index.ts'

/** Shows the index, and how soon a view counts. `now` gives epoch milliseconds. */
export function observeIndex(
  metrics: Metrics,
  { index, progress, now }: { index: SessionIndex; progress: () => number; now: () => number },
): { effect(record: Pick<LogRecord, 'headers'>): void } {
  const shown = [
    ['vitrine_index_views', 'Views in the index.', () => index.views],
    ['vitrine_index_sessions', 'Sessions in the index.', () => index.sessions.size],
    ['vitrine_index_products', 'Products in the index.', () => index.products.size],
    ['vitrine_index_bytes', 'Memory of the index; that of strings is estimated.', () => index.bytes()],
    ['vitrine_index_warm_ratio', 'How much of what was in the log at the start was read.', progress],
  ] as const
  for (const [name, help, value] of shown) {
    metrics.gauge({ name, help, collect: gauge => gauge.set({}, value()) })
  }
  const effect = metrics.histogram({
    name: 'vitrine_view_to_effect_seconds',
    help: 'From the moment a view was received until it counts in answers.',
    buckets: delayBuckets,
  })
  return {
    effect(record) {
      const seconds = secondsSinceReceived(record, now())
      if (seconds !== null) effect.observe({}, seconds)
    },
  }
}
