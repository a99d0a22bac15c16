import { compareBytes } from '#internal/domain/product-view.ts'
import { createBest, createSums } from './sums.ts'
import { createNeighbours } from './neighbours.ts'
import { createSurroundings } from './surroundings.ts'
import type { SessionIndex } from '../index/session-index.ts'
import type { Question } from './question.ts'
import type { Best, Sums } from './sums.ts'

/** Sessions looked through for the newest product of a visit, and for each earlier one. */
const sessionsOfNewest = 500
const sessionsOfEarlier = 100
/**
 * From so many of the newest products of a visit it is asked what others viewed; from earlier ones, too, gave the same on
 * two shops' clicks, and took twice the time.
 */
const askedFrom = 3
const nextDecay = 0.4
const togetherDecay = 0.7
/** Keeps few observations from counting as much as many of the same share. */
const smoothing = 2
/** So many candidates are ranked. */
export const maxCandidates = 200

/** What speaks for each product, each kind in shares of 1. */
export interface Evidence {
  readonly neighbours: Sums
  /** Viewed after the newest product. */
  readonly next: Sums
  /** Viewed right after it, with nothing in between. */
  readonly rightAfter: Sums
  /** Viewed before it. */
  readonly before: Sums
  /** Viewed after the products before it. */
  readonly later: Sums
  readonly together: Sums
  /** Viewed near the products for which all of these speak most. */
  readonly bridged: Sums
  /** All of them and the returns, in fixed shares: the blend. */
  readonly blend: Sums
  /** How likely the visitor returns by so many steps. */
  returnsBy(distance: number): number
  /** The candidates with the highest blend, the newest product of the visit never among them. */
  readonly candidates: Best
  /**
   * Collects what speaks for what, from all sessions but the asking visitor's; only how often a product is viewed counts
   * his, too. `accepts` leaves out candidates.
   */
  collect(question: Question, most: number, accepts: (item: number) => boolean): void
}

/** Shares of the blend, and what a likely return counts in it: picked on the validation parts of two shops' clicks. */
const shares = { neighbours: 0.25, next: 0.4, later: 0.1, together: 0.25, bridged: 0.3 }
const returnsWeight = 2
/**
 * The second step asks what is viewed near the best products of the first, over the newest sessions of each: in a large
 * catalogue the sessions that share products with a visit hold too few others. Where they hold many it adds nothing.
 */
const bridges = 10
const sessionsOfBridge = 50
const enoughInOneStep = 200

export function createEvidence(index: SessionIndex): Evidence {
  const { counts, products, returns } = index
  const surroundings = createSurroundings(index)
  const neighbourhood = createNeighbours(index)
  const neighbours = createSums()
  const next = createSums()
  const rightAfter = createSums()
  const earlier = createSums()
  const later = createSums()
  const together = createSums()
  const bridged = createSums()
  const blend = createSums()
  const kinds = { neighbours, next, later, together }
  const isFirst = (a: number, b: number) => compareBytes(products.id(a), products.id(b)) < 0
  const candidates = createBest(maxCandidates, isFirst)
  const best = createBest(bridges, isFirst)
  const all = [neighbours, next, rightAfter, earlier, later, together, bridged, blend]
  let weight = 0
  const meet = (session: number) => neighbourhood.meet(session, weight)

  function ask(question: Question, place: number): void {
    const asked = question.recent[place] as number
    weight = neighbourhood.weightOf(asked, question.distances[place] as number)
    const most = place === 0 ? sessionsOfNewest : sessionsOfEarlier
    surroundings.collect(asked, question.visitor, most, meet)
    const { after, before, afterTotal } = surroundings
    if (place === 0) {
      surroundings.rightAfter.addTo(rightAfter, 1)
      before.addTo(earlier, 1)
    }
    after.addTo(place === 0 ? next : later, nextDecay ** place / (afterTotal + smoothing))
    const togetherFactor = togetherDecay ** place / (Math.sqrt(counts.total(asked)) + 1)
    after.addTo(together, togetherFactor)
    before.addTo(together, togetherFactor)
    surroundings.clear()
  }

  /** A product that is viewed everywhere is viewed together with everything. */
  function dampPopular(): void {
    for (let n = 0; n < together.size; n++) {
      const item = together.number(n)
      together.multiply(item, 1 / (Math.sqrt(counts.total(item)) + smoothing / 3))
    }
  }

  const returnsBy = (steps: number) => (returns.by(steps) + 0.5) / (returns.transitions + 1)

  function mix({ recent, distances, recentLength }: Question): void {
    rightAfter.toShares()
    earlier.toShares()
    for (const name of ['neighbours', 'next', 'later', 'together'] as const) {
      kinds[name].toShares()
      kinds[name].addTo(blend, shares[name])
    }
    for (let r = 1; r < recentLength; r++) {
      blend.add(recent[r] as number, returnsWeight * returnsBy(distances[r] as number))
    }
  }

  function goOneStepFarther({ path, visitor }: Question): void {
    best.start(bridges)
    for (let n = 0; n < blend.size; n++) {
      const item = blend.number(n)
      if (item !== path[0]) best.offer(item, blend.get(item))
    }
    best.sort()
    for (let n = 0; n < best.size; n++) {
      const bridge = best.numbers[n] as number
      surroundings.collect(bridge, visitor, sessionsOfBridge, ignore)
      const { after, before, total } = surroundings
      const factor = blend.get(bridge) / (total + smoothing)
      after.addTo(bridged, factor)
      before.addTo(bridged, factor)
      surroundings.clear()
    }
    bridged.toShares()
    bridged.addTo(blend, shares.bridged)
  }

  return {
    neighbours,
    next,
    rightAfter,
    before: earlier,
    later,
    together,
    bridged,
    blend,
    returnsBy,
    candidates,
    collect(question, most, accepts) {
      for (const kind of all) kind.clear()
      const asked = Math.min(askedFrom, question.recentLength)
      for (let place = 0; place < asked; place++) ask(question, place)
      neighbourhood.speak(question, neighbours)
      dampPopular()
      mix(question)
      if (blend.size < enoughInOneStep) goOneStepFarther(question)
      candidates.start(most)
      const newest = question.path[0]
      for (let n = 0; n < blend.size; n++) {
        const item = blend.number(n)
        const score = blend.get(item)
        // Of most products it need not be asked whether they are accepted.
        if (item !== newest && candidates.takes(item, score) && accepts(item)) candidates.offer(item, score)
      }
      candidates.sort()
    },
  }
}

function ignore(): void {}
