import { delayBuckets, secondsSinceReceived } from '#internal/history/records.ts'
import { deadLetterReasons } from './dead-letters.ts'
import type { LogRecord } from '#internal/eventlog/log.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { DeadLetterReason } from './dead-letters.ts'

export interface LoadMetrics {
  /** These records' views are durable in the store. */
  loaded(records: readonly LogRecord[]): void
  deadLetter(reason: DeadLetterReason): void
}

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
  // An increase from nothing is none to Prometheus: an alert would miss the first of a kind.
  for (const reason of deadLetterReasons) deadLetters.add({ reason }, 0)
  const delay = metrics.histogram({
    name: 'vitrine_view_to_store_seconds',
    help: 'From the moment a view was received until it is durable in the store.',
    buckets: delayBuckets,
  })
  return {
    loaded(records) {
      views.add({}, records.length)
      const at = now()
      for (const record of records) {
        const seconds = secondsSinceReceived(record, at)
        if (seconds !== null) delay.observe({}, seconds)
      }
    },
    deadLetter: reason => deadLetters.add({ reason }),
  }
}
