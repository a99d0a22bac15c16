import type { CounterMetric, Metrics } from '#internal/telemetry/metrics.ts'

/** Counts each item that an answer recommends by its source. */
export function countRecommended(metrics: Metrics): CounterMetric<'source'> {
  return metrics.counter({
    name: 'vitrine_recommended_items_total',
    help: 'Items that recommendations held, by the step of the chain that brought them.',
    labels: ['source'],
  })
}

/** Counts each list of recommendations by whether it is all that it could be. */
export function countAnswers(metrics: Metrics): CounterMetric<'state'> {
  return metrics.counter({
    name: 'vitrine_recommendations_total',
    help: 'Lists of recommendations, by state: complete, warming, or degraded where an engine was away.',
    labels: ['state'],
  })
}
