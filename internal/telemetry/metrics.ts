import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

type Labels<L extends string> = Partial<Record<L, string | number>>

export interface CounterMetric<L extends string> {
  add(labels: Labels<L>, by?: number): void
}

export interface GaugeMetric<L extends string> {
  set(labels: Labels<L>, value: number): void
}

export interface HistogramMetric<L extends string> {
  /** In the metric's base unit: seconds where the name ends in `_seconds`. */
  observe(labels: Labels<L>, value: number): void
}

interface Description<L extends string> {
  readonly name: string
  readonly help: string
  readonly labels?: readonly L[]
}

/**
 * One process's metrics. Asking twice for one name gives the same metric, so that several services can live in
 * one process. Labels must be bounded: never an id of a person, a product or a message.
 */
export interface Metrics {
  counter<L extends string = never>(description: Description<L>): CounterMetric<L>
  /** `collect` runs at each scrape and should set the gauge's values. */
  gauge<L extends string = never>(
    description: Description<L> & { collect?: (gauge: GaugeMetric<L>) => void | Promise<void> },
  ): GaugeMetric<L>
  histogram<L extends string = never>(
    description: Description<L> & { buckets?: readonly number[] },
  ): HistogramMetric<L>
  /** Series that `collect` gives anew at each scrape; of what it does not give any more nothing stays. */
  observed<L extends string = never>(
    description: Description<L> & {
      /** A counter's values are kept elsewhere, and only grow. */
      type: 'gauge' | 'counter'
      collect: (set: (labels: Labels<L>, value: number) => void) => void
    },
  ): void
  /** The Prometheus text format. */
  scrape(): Promise<{ contentType: string; body: string }>
}

/** OpenTelemetry's advised edges for requests, with finer ones below 5 ms, where Vitrine's budgets lie. Seconds. */
export const requestBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
] as const

/** Node's own metrics whose names break Prometheus' rules (`promtool check metrics`): gauges that end in `_total`. */
const misnamed = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]

export function createMetrics(build: { service: string; version: string }): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of misnamed) registry.removeSingleMetric(name)

  const existing = new Map<string, unknown>()
  function once<T>(name: string, make: () => T): T {
    if (!existing.has(name)) existing.set(name, make())
    return existing.get(name) as T
  }

  const metrics: Metrics = {
    counter({ name, help, labels = [] }) {
      return once(name, () => {
        const counter = new Counter({ name, help, labelNames: labels, registers: [registry] })
        return { add: (values, by = 1) => counter.inc(values, by) }
      })
    },
    gauge({ name, help, labels = [], collect }) {
      return once(name, () => {
        const gauge: Gauge = new Gauge({
          name,
          help,
          labelNames: labels,
          registers: [registry],
          ...(collect && { collect: () => collect(wrapped) }),
        })
        const wrapped = { set: (values: Labels<string>, value: number) => gauge.set(values, value) }
        return wrapped
      })
    },
    histogram({ name, help, labels = [], buckets = requestBuckets }) {
      return once(name, () => {
        const histogram = new Histogram({
          name,
          help,
          labelNames: labels,
          buckets: [...buckets],
          registers: [registry],
        })
        return { observe: (values, value) => histogram.observe(values, value) }
      })
    },
    observed({ name, help, type, labels = [], collect }) {
      once(name, () => {
        const Kind = type === 'gauge' ? Gauge : Counter
        return new Kind({
          name,
          help,
          labelNames: labels,
          registers: [registry],
          collect() {
            this.reset()
            collect((values, value) => this.inc(values, value))
          },
        })
      })
    },
    async scrape() {
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
  }

  metrics
    .gauge({
      name: 'vitrine_build_info',
      help: 'Always 1; the labels say what runs.',
      labels: ['service', 'version', 'node'],
    })
    .set({ service: build.service, version: build.version, node: process.version }, 1)
  return metrics
}
