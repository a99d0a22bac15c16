import { features, firstWeights } from './features.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { Lessons } from './lessons.ts'

/** Shows which weights answers are made with, and how they learn. */
export function createTeacherMetrics(metrics: Metrics) {
  const weight = metrics.gauge({
    name: 'vitrine_ranker_weight',
    help: 'The weights that answers are made with.',
    labels: ['feature'],
  })
  const version = metrics.gauge({
    name: 'vitrine_ranker_version',
    help: 'Version of the weights that answers are made with; 0 for the first ones.',
  })
  const lessons = metrics.counter({
    name: 'vitrine_ranker_lessons_total',
    help: 'Views that this process taught the ranker with.',
  })
  const teaching = metrics.gauge({
    name: 'vitrine_ranker_teaching',
    help: '1 in the one process that teaches the ranker.',
  })
  const frozen = metrics.gauge({
    name: 'vitrine_ranker_frozen',
    help: '1 while somebody has asked for the weights to stay as they are.',
  })
  const hitRate = metrics.gauge({
    name: 'vitrine_ranker_hit_rate',
    help: 'Share of the last 10,000 lessons whose product stood among the first 20, by weights.',
    labels: ['weights'],
  })
  const reciprocalRank = metrics.gauge({
    name: 'vitrine_ranker_reciprocal_rank',
    help: 'Mean of 1/place over the last 10,000 lessons, 0 beyond 20, by weights.',
    labels: ['weights'],
  })
  const showWeights = (weights: ArrayLike<number>) => {
    for (const [n, { name }] of features.entries()) weight.set({ feature: name }, weights[n] ?? 0)
  }
  showWeights(firstWeights)
  version.set({}, 0)
  return {
    served(number: number, weights: ArrayLike<number>) {
      version.set({}, number)
      showWeights(weights)
    },
    lesson: () => lessons.add({}),
    teaching(taught: Lessons | null, isFrozen: boolean) {
      teaching.set({}, taught === null ? 0 : 1)
      frozen.set({}, isFrozen ? 1 : 0)
      if (taught === null) return
      for (const weights of ['learned', 'first'] as const) {
        hitRate.set({ weights }, taught.champion[weights].hitRate)
        reciprocalRank.set({ weights }, taught.champion[weights].reciprocalRank)
      }
    },
  }
}
