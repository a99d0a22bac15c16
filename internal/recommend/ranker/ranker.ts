import { decayWeights } from '../index/view-counts.ts'
import { createEvidence, maxCandidates } from '../evidence/evidence.ts'
import { features } from './features.ts'
import { scoresOf, toChances } from './softmax.ts'
import type { Evidence } from '../evidence/evidence.ts'
import type { Question } from '../evidence/question.ts'
import type { SessionIndex } from '../index/session-index.ts'
import type { Candidate, Feature } from './features.ts'

type FeatureValue = Feature['value']

/** Time after which a view counts half for how fresh a product is. */
const freshHalfLifeMs = 3 * 24 * 60 * 60 * 1000
/** And for how it rises. */
const todayHalfLifeMs = 12 * 60 * 60 * 1000

/** The candidates for one question, with their features; good until the next question. */
export interface Candidates {
  readonly count: number
  /** Numbers of products, the highest blend first. */
  readonly items: Uint32Array
  /** The numbers under which the evidence has found them. */
  readonly found: Uint32Array
  /** Features, one candidate after the other. */
  readonly rows: Float64Array
  readonly evidence: Evidence
}

/** Finds and describes candidates; the weights are the caller's. */
export interface Ranker {
  /** At most `most` candidates (200), only those that `accepts` lets through. */
  candidates(question: Question, most: number, accepts: (item: number) => boolean): Candidates
  /**
   * Orders candidates, the best first, into `order` as places among them; `chances` gets how likely each place is to be
   * what the visitor looks at next, as the weights have it.
   */
  order(candidates: Candidates, weights: ArrayLike<number>, order: Uint32Array, chances: Float64Array): void
}

export function createRanker(index: SessionIndex): Ranker {
  const evidence = createEvidence(index)
  const items = new Uint32Array(maxCandidates)
  const rows = new Float64Array(maxCandidates * features.length)
  const values = features.map(({ value }) => value)
  const freshness = decayWeights(freshHalfLifeMs)
  const today = decayWeights(todayHalfLifeMs)
  const decayed = new Float64Array(2)
  const candidate: Candidate = {
    blend: 0,
    neighbours: 0,
    next: 0,
    rightAfter: 0,
    before: 0,
    later: 0,
    together: 0,
    bridged: 0,
    distance: 0,
    times: 0,
    returns: 0,
    views: 0,
    fresh: 0,
    today: 0,
    sessions: 0,
  }

  function describe(item: number, number: number, question: Question): void {
    const { path, length, recentLength } = question
    const { neighbours, next, rightAfter, before, later, together, bridged, blend } = evidence
    candidate.blend = blend.get(number)
    candidate.neighbours = neighbours.get(number)
    candidate.next = next.get(number)
    candidate.rightAfter = rightAfter.get(number)
    candidate.before = before.get(number)
    candidate.later = later.get(number)
    candidate.together = together.get(number)
    candidate.bridged = bridged.get(number)
    // The products of the visit are the first found, in the same order.
    const seen = number < recentLength
    candidate.distance = seen ? (question.distances[number] as number) : 0
    candidate.times = seen ? timesIn(path, length, item) : 0
    candidate.returns = evidence.returnsBy(candidate.distance)
    candidate.views = index.counts.total(item)
    index.counts.decayedBoth(item, index.newestTime, freshness, today, decayed)
    candidate.fresh = decayed[0] as number
    candidate.today = decayed[1] as number
    candidate.sessions = index.postings.count(item)
  }

  return {
    candidates(question, most, accepts) {
      evidence.collect(question, most, accepts)
      const { numbers: found, size: count } = evidence.candidates
      const { products } = evidence.reading.found
      for (let c = 0; c < count; c++) items[c] = products[found[c] as number] as number
      index.counts.touch(items, count)
      for (let c = 0, at = 0; c < count; c++) {
        describe(items[c] as number, found[c] as number, question)
        for (let f = 0; f < values.length; f++) rows[at++] = (values[f] as FeatureValue)(candidate)
      }
      return { count, items, found, rows, evidence }
    },

    order({ count, rows: described }, weights, order, chances) {
      scoresOf(weights, described, count, chances)
      toChances(chances, count)
      for (let c = 0; c < count; c++) order[c] = c
      // A stable sort: at equal chances the blend's order stays.
      order.subarray(0, count).sort((a, b) => (chances[b] as number) - (chances[a] as number) || a - b)
    },
  }
}

function timesIn(path: Uint32Array, length: number, item: number): number {
  let times = 0
  for (let at = 0; at < length; at++) if (path[at] === item) times++
  return times
}
