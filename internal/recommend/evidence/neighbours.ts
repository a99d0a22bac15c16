import { maxSessionViews } from '../index/session-index.ts'
import { spanOf } from '../index/view-counts.ts'
import { maxPath } from './question.ts'
import { createBest, createSums } from './sums.ts'
import type { SessionIndex } from '../index/session-index.ts'
import type { Question } from './question.ts'
import type { Sums } from './sums.ts'

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

/**
 * Sessions that share products with the asking visit, and what they hold: a nearest-neighbour rule with the position
 * of products and the age of sessions in it, after V-SKNN (Ludewig and Jannach 2018) and STAN (Garg and others 2019),
 * over the newest sessions of each product, after VMIS-kNN (Kersbergen and others 2022).
 */
export interface Neighbours {
  /** What sharing a product counts that the visit viewed `distance` steps back. */
  weightOf(item: number, distance: number): number
  /** A session shares a product of such a weight. */
  meet(session: number, weight: number): void
  /** Adds what the most similar of the sessions met hold to `scores`, and forgets them. */
  speak(question: Question, scores: Sums): void
}

/** Sessions farther apart in time than this count as if they were just so far. */
const mostAgeDays = 256

export function createNeighbours(index: SessionIndex): Neighbours {
  const { sessions, postings } = index
  const similarity = createSums()
  const nearest = createBest(neighbours, (a, b) => index.isOlder(b, a))
  const items = new Uint32Array(maxSessionViews)
  // Powers are dear, and there are few different ones: by steps, by quarters of a day, by length.
  const byDistance = tableOf(maxPath, distance => Math.exp(-(distance - 1) / recency))
  const bySteps = tableOf(maxSessionViews, steps => Math.exp(-steps / nearness))
  const byAge = tableOf(4 * mostAgeDays, quarters => Math.exp(-quarters / 4 / ageDays))
  const byLength = tableOf(maxSessionViews, length => 1 / Math.sqrt(Math.max(1, length)))

  /** How much a product tells: the fewer sessions hold it, the more. */
  const rarity = (item: number) => Math.log(1 + postings.total / Math.max(1, postings.count(item)))

  function lastShared({ recent, recentLength }: Question, length: number): number {
    for (let r = 0; r < recentLength; r++) {
      for (let at = length - 1; at >= 0; at--) if (items[at] === recent[r]) return at
    }
    return -1
  }

  function speakFor(session: number, question: Question, scores: Sums): void {
    const length = sessions.readItems(session, items)
    const shared = lastShared(question, length)
    const similar = similarity.get(session)
    for (let at = 0; at < length; at++) {
      if (at === shared) continue
      const near =
        at > shared
          ? (bySteps[at - shared - 1] as number)
          : beforeShare * (bySteps[shared - at - 1] as number)
      scores.add(items[at] as number, similar * near)
    }
  }

  function weigh(session: number, now: number): number {
    const quarters = Math.min(4 * mostAgeDays, Math.max(0, now - sessions.endSpan(session)))
    return (byAge[quarters] as number) * (byLength[sessions.length(session)] as number)
  }

  return {
    weightOf: (item, distance) => (byDistance[distance] as number) * rarity(item),

    meet: (session, weight) => similarity.add(session, weight),

    speak(question, scores) {
      const now = spanOf(index.newestTime)
      nearest.start(neighbours)
      for (let n = 0; n < similarity.size; n++) {
        const session = similarity.number(n)
        similarity.multiply(session, weigh(session, now))
        nearest.offer(session, similarity.get(session))
      }
      nearest.sort()
      for (let n = 0; n < nearest.size; n++) speakFor(nearest.numbers[n] as number, question, scores)
      for (let n = 0; n < scores.size; n++) scores.multiply(scores.number(n), rarity(scores.number(n)))
      similarity.clear()
    },
  }
}

/** Values for 0 to `last`. */
function tableOf(last: number, value: (n: number) => number): Float64Array {
  return Float64Array.from({ length: last + 1 }, (_, n) => value(n))
}
