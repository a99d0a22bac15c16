import type { Metrics } from '#internal/telemetry/metrics.ts'

/** What a queue tells its metrics. */
export interface QueueCounts {
  added(key: string): void
  retried(): void
  began(key: string): void
  ended(key: string): void
}

const durationBuckets = Array.from({ length: 12 }, (_, power) => 1e-8 * 10 ** power)

/** `workqueue_*` as controller-runtime has them. `running` holds when the work in hand began. */
export function queueMetrics(
  name: string,
  metrics: Metrics,
  running: ReadonlyMap<string, number>,
): QueueCounts {
  const labels = { name, controller: name }
  const labelNames = ['name', 'controller'] as const
  const histogram = (metric: string, help: string) =>
    metrics.histogram({ name: metric, help, labels: labelNames, buckets: durationBuckets })
  const gauge = (metric: string, help: string, valueOf: () => number) =>
    metrics.gauge({ name: metric, help, labels: labelNames, collect: one => one.set(labels, valueOf()) })

  const adds = metrics.counter({
    name: 'workqueue_adds_total',
    help: 'Keys added to the queue.',
    labels: labelNames,
  })
  const retries = metrics.counter({
    name: 'workqueue_retries_total',
    help: 'Keys that were told to come back later.',
    labels: labelNames,
  })
  const waited = histogram(
    'workqueue_queue_duration_seconds',
    'How long keys waited before the work on them began.',
  )
  const worked = histogram('workqueue_work_duration_seconds', 'How long the work on a key took.')
  const addedAt = new Map<string, number>()
  const agesMs = () => [...running.values()].map(began => performance.now() - began)

  adds.add(labels, 0)
  retries.add(labels, 0)
  gauge('workqueue_depth', 'Keys that wait.', () => addedAt.size)
  gauge(
    'workqueue_unfinished_work_seconds',
    'How long the work in hand has been going on, all together.',
    () => agesMs().reduce((sum, ms) => sum + ms, 0) / 1000,
  )
  gauge(
    'workqueue_longest_running_processor_seconds',
    'How long the oldest work in hand has been going on.',
    () => Math.max(0, ...agesMs()) / 1000,
  )

  return {
    added(key) {
      addedAt.set(key, performance.now())
      adds.add(labels)
    },
    retried: () => retries.add(labels),
    began(key) {
      const since = addedAt.get(key)
      addedAt.delete(key)
      if (since !== undefined) waited.observe(labels, (performance.now() - since) / 1000)
    },
    ended(key) {
      const since = running.get(key)
      if (since !== undefined) worked.observe(labels, (performance.now() - since) / 1000)
    },
  }
}
