import { maxSessionViews } from '../index/session-index.ts'
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
const dayMs = 24 * 60 * 60 * 1000

/**
 * Sessions that share products with the asking visit, and what they hold: a nearest-neighbour rule with the position
 * of products and the age of sessions in it, after V-SKNN (Ludewig and Jannach 2018) and STAN (Garg and others 2019),
 * over the newest sessions of each product, after VMIS-kNN (Kersbergen and others 2022).
 */
export interface Neighbours {
  /** A session shares the product that the visit viewed `distance` steps back. */
  meet(session: number, item: number, distance: number): void
  /** Adds what the most similar of the sessions met hold to `scores`, and forgets them. */
  speak(question: Question, scores: Sums): void
}

export function createNeighbours(index: SessionIndex): Neighbours {
  const { sessions, postings } = index
  const similarity = createSums()
  const nearest = createBest(neighbours, (a, b) => index.isOlder(b, a))
  const items = new Uint32Array(maxSessionViews)

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
      const steps = Math.abs(at - shared) - 1
      const near = Math.exp(-steps / nearness) * (at > shared ? 1 : beforeShare)
      scores.add(items[at] as number, similar * near * rarity(items[at] as number))
    }
  }

  return {
    meet(session, item, distance) {
      similarity.add(session, Math.exp(-(distance - 1) / recency) * rarity(item))
    },

    speak(question, scores) {
      const now = index.newestTime
      nearest.start(neighbours)
      for (let n = 0; n < similarity.size; n++) {
        const session = similarity.number(n)
        const age = Math.max(0, now - sessions.end(session)) / dayMs
        similarity.multiply(session, Math.exp(-age / ageDays) / Math.sqrt(sessions.length(session)))
        nearest.offer(session, similarity.get(session))
      }
      nearest.sort()
      for (let n = 0; n < nearest.size; n++) speakFor(nearest.numbers[n] as number, question, scores)
      similarity.clear()
    },
  }
}
