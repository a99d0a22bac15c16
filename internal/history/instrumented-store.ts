import { observeStore } from '#internal/telemetry/store-calls.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { HistoryStore } from './store.ts'

/** The store, each call timed and traced; ids of people are in neither. */
export function withStoreTelemetry(
  store: HistoryStore,
  options: { metrics: Metrics; adapter: string },
): HistoryStore {
  const calls = [
    'recordViews',
    'forgetProduct',
    'forgetUser',
    'takeOver',
    'latest',
    'newestEffectiveTime',
    'viewsOfMonth',
  ] as const
  return observeStore(store, 'history', calls, options)
}
