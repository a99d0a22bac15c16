import { compareBytes } from '#internal/domain/product-view.ts'
import { none } from '../index/columns.ts'
import { Best } from './best.ts'
import { createNeighbours } from './neighbours.ts'
import { createReading } from './reading.ts'
import { Sums } from './sums.ts'
import { createSurroundings } from './surroundings.ts'
import type { SessionIndex } from '../index/session-index.ts'
import type { Question } from './question.ts'
import type { Reading } from './reading.ts'

/** Sessions looked through for the newest product of a visit, and for each earlier one. */
const sessionsOfNewest = 500
const sessionsOfEarlier = 100
/**
 * From so many of the newest products of a visit it is asked what others viewed; from earlier ones, too, gave the same on
 * two shops' clicks, and took twice the time.
 */
export const askedFrom = 3
const nextDecay = 0.4
const togetherDecay = 0.7
/** Keeps few observations from counting as much as many of the same share. */
const smoothing = 2
/** So many candidates are ranked. */
export const maxCandidates = 200

/** What speaks for each product, each kind in shares of 1, by the numbers of the products found. */
export interface Evidence {
  /** What the question has read; the products of the visit are its first. */
  readonly reading: Reading
  /** Where the sessions read for the n-th newest product of the visit begin, and behind the last of them, where they end. */
  readonly readFor: Uint32Array
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
  collect(question: Question, most: number, accepts: (product: number) => boolean): void
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
  const reading = createReading(index)
  const { sessions, found } = reading
  const surroundings = createSurroundings(reading)
  const neighbourhood = createNeighbours(index, reading)
  const readFor = new Uint32Array(askedFrom + 1)
  const neighbours = new Sums()
  const next = new Sums()
  const rightAfter = new Sums()
  const earlier = new Sums()
  const later = new Sums()
  const together = new Sums()
  const bridged = new Sums()
  const blend = new Sums()
  const kinds = { neighbours, next, later, together }
  const idOf = (number: number) => products.id(found.products[number] as number)
  const isFirst = (a: number, b: number) => compareBytes(idOf(a), idOf(b)) < 0
  const candidates = new Best(maxCandidates, isFirst)
  const best = new Best(bridges, isFirst)
  const all = [neighbours, next, rightAfter, earlier, later, together, bridged, blend]

  function ask({ recent, distances, visitor }: Question, place: number): void {
    const asked = recent[place] as number
    const from = reading.read(asked, visitor, place === 0 ? sessionsOfNewest : sessionsOfEarlier)
    readFor.fill(sessions.size, place + 1)
    neighbourhood.meet(asked, distances[place] as number, from)
    surroundings.collect(place, from)
    const { after, before } = surroundings
    if (place === 0) {
      surroundings.rightAfter.addTo(rightAfter, 1)
      before.addTo(earlier, 1)
    }
    after.addTo(place === 0 ? next : later, nextDecay ** place / (after.total + smoothing))
    const togetherFactor = togetherDecay ** place / (Math.sqrt(counts.total(asked)) + 1)
    after.addTo(together, togetherFactor)
    before.addTo(together, togetherFactor)
  }

  /** A product that is viewed everywhere is viewed together with everything. */
  function dampPopular(): void {
    const { values, length } = together
    for (let n = 0; n < length; n++) {
      if (values[n] === 0) continue
      const views = counts.total(found.products[n] as number)
      values[n] = (values[n] as number) / (Math.sqrt(views) + smoothing / 3)
    }
  }

  const returnsBy = (steps: number) => (returns.by(steps) + 0.5) / (returns.transitions + 1)

  function mix({ distances, recentLength }: Question): void {
    rightAfter.toShares()
    earlier.toShares()
    blend.fit(found.size)
    for (const name of ['neighbours', 'next', 'later', 'together'] as const) {
      kinds[name].toSharesIn(blend, shares[name])
    }
    for (let r = 1; r < recentLength; r++) {
      blend.values[r] = (blend.values[r] as number) + returnsWeight * returnsBy(distances[r] as number)
    }
  }

  /** Offers whatever anything speaks for, but the product viewed last. */
  function offerAll({ path }: Question, to: Best, accepts: (product: number) => boolean): void {
    const { values, length } = blend
    for (let n = path[0] === none ? 0 : 1; n < length; n++) {
      const score = values[n] as number
      // Of most products it need not be asked whether they are accepted.
      if (score > 0 && to.takes(n, score) && accepts(found.products[n] as number)) to.offer(n, score)
    }
    to.sort()
  }

  function goOneStepFarther(question: Question): void {
    best.start(bridges)
    offerAll(question, best, acceptAll)
    for (let n = 0; n < best.size; n++) {
      const bridge = best.numbers[n] as number
      const from = reading.read(found.products[bridge] as number, question.visitor, sessionsOfBridge)
      surroundings.collect(bridge, from)
      const { after, before } = surroundings
      const factor = blend.get(bridge) / (after.total + before.total + smoothing)
      after.addTo(bridged, factor)
      before.addTo(bridged, factor)
    }
    bridged.toSharesIn(blend, shares.bridged)
  }

  /** Does anything speak for so many products already? */
  function hasEnough(): boolean {
    let left = enoughInOneStep
    for (let n = 0; n < blend.length && left > 0; n++) if ((blend.values[n] as number) > 0) left--
    return left === 0
  }

  return {
    reading,
    readFor,
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
      reading.start(question.recent, question.recentLength)
      neighbourhood.start()
      readFor.fill(0)
      const asked = Math.min(askedFrom, question.recentLength)
      for (let place = 0; place < asked; place++) ask(question, place)
      neighbourhood.speak(question.recentLength, neighbours)
      dampPopular()
      mix(question)
      if (!hasEnough()) goOneStepFarther(question)
      candidates.start(most)
      offerAll(question, candidates, accepts)
    },
  }
}

const acceptAll = () => true
