import { observeStoreCalls } from '#internal/telemetry/store-calls.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { OrdersStore } from './store.ts'

/** The store, with each call that answers or writes once timed and traced; streams and the rest pass through. */
export function withOrdersTelemetry(
  store: OrdersStore,
  options: { metrics: Metrics; adapter: string },
): OrdersStore {
  const call = observeStoreCalls(options.metrics, options.adapter)
  return {
    ...store,
    replaceOrders: (orders, at) => call('orders.replaceOrders', () => store.replaceOrders(orders, at)),
    writeRankings: (version, rows) => call('orders.writeRankings', () => store.writeRankings(version, rows)),
    writeProducts: (version, rows) => call('orders.writeProducts', () => store.writeProducts(version, rows)),
    writeBoughtTogether: (version, rows) =>
      call('orders.writeBoughtTogether', () => store.writeBoughtTogether(version, rows)),
    publish: (set, version) => call('orders.publish', () => store.publish(set, version)),
    currentVersion: set => call('orders.currentVersion', () => store.currentVersion(set)),
    ranking: (version, category, window, limit) =>
      call('orders.ranking', () => store.ranking(version, category, window, limit)),
    boughtSince: (user, since) => call('orders.boughtSince', () => store.boughtSince(user, since)),
    boughtTogether: (version, product, limit) =>
      call('orders.boughtTogether', () => store.boughtTogether(version, product, limit)),
    ordersOfUser: user => call('orders.ordersOfUser', () => store.ordersOfUser(user)),
  }
}
