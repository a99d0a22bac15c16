import type { LogRecord } from '#internal/eventlog/log.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'

export interface LoadMetrics {
  /** These records' views are durable in the store. */
  loaded(records: readonly LogRecord[]): void
  /** `reason` comes from a bounded list. */
  deadLetter(reason: string): void
}

/** From a millisecond to an hour, since a loader that was away catches up late. Seconds. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3_600]

/** `now` gives epoch milliseconds. */
export function createLoadMetrics(metrics: Metrics, now: () => number): LoadMetrics {
  const views = metrics.counter({
    name: 'vitrine_views_loaded_total',
    help: 'Views written to the store; a view that comes twice counts twice.',
  })
  const deadLetters = metrics.counter({
    name: 'vitrine_dead_letters_total',
    help: 'Records that could not be loaded and were kept as dead letters.',
    labels: ['reason'],
  })
  const delay = metrics.histogram({
    name: 'vitrine_view_to_store_seconds',
    help: 'From the moment a view was received until it is durable in the store.',
    buckets,
  })
  return {
    loaded(records) {
      views.add({}, records.length)
      const at = now()
      for (const { headers } of records) {
        const received = headers['received-at']
        const seconds = received === undefined ? Number.NaN : (at - Date.parse(received)) / 1_000
        if (!Number.isNaN(seconds)) delay.observe({}, Math.max(0, seconds))
      }
    },
    deadLetter: reason => deadLetters.add({ reason }),
  }
}
