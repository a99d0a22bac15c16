import { observeStore } from '#internal/telemetry/store-calls.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { RankerStore } from './store.ts'

/** The store, each call timed and traced. */
export function withRankerTelemetry(
  store: RankerStore,
  options: { metrics: Metrics; adapter: string },
): RankerStore {
  const calls = ['newest', 'publish', 'takeLease', 'frozen', 'setFrozen'] as const
  return observeStore(store, 'ranker', calls, options)
}
