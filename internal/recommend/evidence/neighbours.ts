import { none } from '../index/columns.ts'
import { maxSessionViews } from '../index/session-index.ts'
import { spanOf } from '../index/view-counts.ts'
import { Best } from './best.ts'
import { createNumberMap } from './number-map.ts'
import { maxPath } from './question.ts'
import { Sums } from './sums.ts'
import type { SessionIndex } from '../index/session-index.ts'
import type { Reading } from './reading.ts'

/** So many of the most similar sessions speak. */
const neighbours = 150
/** Steps after which a view of the asking visit counts 1/e. */
const recency = 2
/** Days after which a session counts 1/e. */
const ageDays = 20
/** Steps behind the shared product after which a product of a neighbour counts 1/e. */
const nearness = 3
/** What comes before the shared product counts so much of what comes as far behind it. */
const beforeShare = 0.6

/** Sessions farther apart in time than this count as if they were just so far. */
const mostAgeDays = 256

/**
 * Sessions that share products with the asking visit, and what they hold: a nearest-neighbour rule with the position
 * of products and the age of sessions in it, after V-SKNN (Ludewig and Jannach 2018) and STAN (Garg and others 2019),
 * over the newest sessions of each product, after VMIS-kNN (Kersbergen and others 2022).
 */
export interface Neighbours {
  start(): void
  /** The sessions read from `from` on share a product that the visit viewed `distance` steps back. */
  meet(product: number, distance: number, from: number): void
  /** Adds to `scores` what the most similar of the sessions met hold; the first `asked` products found are the visit's. */
  speak(asked: number, scores: Sums): void
}

export function createNeighbours(index: SessionIndex, reading: Reading): Neighbours {
  const { postings } = index
  const { sessions, found } = reading
  /** By the place where a session was read first. */
  const similarity = new Sums()
  const places = createNumberMap()
  const nearest = new Best(neighbours, isNewer)
  // Powers are dear, and there are few different ones: by steps, by quarters of a day, by length.
  const byDistance = tableOf(maxPath, distance => Math.exp(-(distance - 1) / recency))
  const bySteps = tableOf(maxSessionViews, steps => Math.exp(-steps / nearness))
  const byAge = tableOf(4 * mostAgeDays, quarters => Math.exp(-quarters / 4 / ageDays))
  const byLength = tableOf(maxSessionViews, length => 1 / Math.sqrt(Math.max(1, length)))

  function isNewer(a: number, b: number): boolean {
    return index.isOlder(sessions.sessions[b] as number, sessions.sessions[a] as number)
  }

  /** How much a product tells: the fewer sessions hold it, the more. */
  const rarity = (product: number) => Math.log(1 + postings.total / Math.max(1, postings.count(product)))

  /** Where the newest product of the visit that the session shares stands last. */
  function lastShared(asked: number, first: number, end: number): number {
    let shared = -1
    for (let at = end - 1, newest = asked; at >= first; at--) {
      const number = sessions.views[at] as number
      if (number < newest) [newest, shared] = [number, at]
    }
    return shared
  }

  function speakFor(place: number, asked: number, scores: Sums): void {
    const first = sessions.firsts[place] as number
    const end = first + (sessions.lengths[place] as number)
    const shared = lastShared(asked, first, end)
    const similar = similarity.get(place)
    const [views, values] = [sessions.views, scores.values]
    for (let at = first; at < end; at++) {
      if (at === shared) continue
      const near =
        at > shared
          ? (bySteps[at - shared - 1] as number)
          : beforeShare * (bySteps[shared - at - 1] as number)
      const number = views[at] as number
      values[number] = (values[number] as number) + similar * near
    }
  }

  function weigh(place: number, now: number): number {
    const quarters = Math.min(4 * mostAgeDays, Math.max(0, now - (sessions.endSpans[place] as number)))
    return (byAge[quarters] as number) * (byLength[sessions.lengths[place] as number] as number)
  }

  return {
    start() {
      similarity.clear()
      places.clear()
    },

    meet(product, distance, from) {
      const weight = (byDistance[distance] as number) * rarity(product)
      similarity.fit(sessions.size)
      const { values } = similarity
      for (let place = from; place < sessions.size; place++) {
        const session = sessions.sessions[place] as number
        const known = places.get(session)
        if (known === none) places.set(session, place)
        const at = known === none ? place : known
        values[at] = (values[at] as number) + weight
      }
    },

    speak(asked, scores) {
      const now = spanOf(index.newestTime)
      const { values } = similarity
      nearest.start(neighbours)
      for (let place = 0; place < similarity.length; place++) {
        // A session that was met before stands at its first place.
        if (values[place] === 0) continue
        values[place] = (values[place] as number) * weigh(place, now)
        nearest.offer(place, values[place] as number)
      }
      scores.fit(found.size)
      for (let n = 0; n < nearest.size; n++) speakFor(nearest.numbers[n] as number, asked, scores)
      for (let n = 0; n < scores.length; n++) {
        const score = scores.values[n] as number
        if (score > 0) scores.values[n] = score * rarity(found.products[n] as number)
      }
    },
  }
}

/** Values for 0 to `last`. */
function tableOf(last: number, value: (n: number) => number): Float64Array {
  return Float64Array.from({ length: last + 1 }, (_, n) => value(n))
}
