import { observeStoreCalls } from '#internal/telemetry/store-calls.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { HistoryStore } from './store.ts'

/** The store, each call timed and traced; ids of people are in neither. */
export function withStoreTelemetry(
  store: HistoryStore,
  options: { metrics: Metrics; adapter: string },
): HistoryStore {
  const call = observeStoreCalls(options.metrics, options.adapter)
  return {
    recordViews: views => call('history.recordViews', () => store.recordViews(views)),
    forgetProduct: (user, product, at) =>
      call('history.forgetProduct', () => store.forgetProduct(user, product, at)),
    forgetUser: (user, at) => call('history.forgetUser', () => store.forgetUser(user, at)),
    latest: (user, page) => call('history.latest', () => store.latest(user, page)),
    newestEffectiveTime: (user, product) =>
      call('history.newestEffectiveTime', () => store.newestEffectiveTime(user, product)),
    viewsOfMonth: (user, month, limit) =>
      call('history.viewsOfMonth', () => store.viewsOfMonth(user, month, limit)),
  }
}
