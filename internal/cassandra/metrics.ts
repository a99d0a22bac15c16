import type { Client } from 'cassandra-driver'
import type { Metrics } from '#internal/telemetry/metrics.ts'

/** Shows a client's connections and what waits on them, asked at each scrape. */
export function observeConnections(metrics: Metrics, current: () => Client | null): void {
  metrics.gauge({
    name: 'vitrine_cassandra_connections',
    help: 'Open connections to Cassandra, and requests in flight on them.',
    labels: ['state'],
    collect(gauge) {
      const state = current()?.getState()
      const hosts = state?.getConnectedHosts() ?? []
      const sum = (count: (host: (typeof hosts)[number]) => number) =>
        hosts.reduce((total, host) => total + count(host), 0)
      gauge.set(
        { state: 'open' },
        sum(host => state?.getOpenConnections(host) ?? 0),
      )
      gauge.set(
        { state: 'in-flight' },
        sum(host => state?.getInFlightQueries(host) ?? 0),
      )
    },
  })
}
