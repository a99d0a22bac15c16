import { setTimeout as sleep } from 'node:timers/promises'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { Flush } from './append-queue.ts'
import type { EventLog } from './log.ts'

const scrapeLimitMs = 2_000

/** Wraps a flush so that its time is seen as `vitrine_log_append_duration_seconds`. */
export function measureAppends(metrics: Metrics, flush: Flush): Flush {
  const durations = metrics.histogram({
    name: 'vitrine_log_append_duration_seconds',
    help: 'How long the log took to make one batch of records durable.',
    labels: ['outcome'],
  })
  return async slices => {
    const start = performance.now()
    let outcome = 'failed'
    try {
      const places = await flush(slices)
      outcome = 'appended'
      return places
    } finally {
      durations.observe({ outcome }, (performance.now() - start) / 1000)
    }
  }
}

/**
 * Shows how far groups are behind, asked at each scrape. When the log does not answer within two seconds the last
 * figures stay: the lag is not known then, and its being away shows elsewhere.
 */
export function observeLag(
  metrics: Metrics,
  log: EventLog,
  groups: readonly { readonly group: string; readonly topics: readonly string[] }[],
): void {
  metrics.gauge({
    name: 'vitrine_log_lag_records',
    help: 'Records appended and not yet committed by the group.',
    labels: ['topic', 'group', 'partition'],
    async collect(gauge) {
      const asked = groups.flatMap(({ group, topics }) =>
        topics.map(async topic => {
          for (const { partition, records } of await log.lag(group, topic)) {
            gauge.set({ topic, group, partition }, Number(records))
          }
        }),
      )
      const late = new AbortController()
      await Promise.race([
        Promise.allSettled(asked),
        sleep(scrapeLimitMs, undefined, { signal: late.signal }),
      ])
      late.abort()
    },
  })
}
