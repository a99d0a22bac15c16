import { observeStore } from '#internal/telemetry/store-calls.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { OrdersStore } from './store.ts'

/** The store, with each call that answers or writes once timed and traced; streams and the rest pass through. */
export function withOrdersTelemetry(
  store: OrdersStore,
  options: { metrics: Metrics; adapter: string },
): OrdersStore {
  const calls = [
    'replaceOrders',
    'writeRankings',
    'writeProducts',
    'writeBoughtTogether',
    'publish',
    'currentVersion',
    'ranking',
    'boughtSince',
    'boughtTogether',
    'ordersOfUser',
  ] as const
  return observeStore(store, 'orders', calls, options)
}
