import { none } from './index/columns.ts'
import { maxCandidates } from './evidence/evidence.ts'
import { rankedCandidates } from './ranker/lessons.ts'
import { createWitnesses } from './evidence/witnesses.ts'
import type { Candidate } from './chain.ts'
import type { Question } from './evidence/question.ts'
import type { Evidence } from './evidence/evidence.ts'
import type { SessionIndex } from './index/session-index.ts'
import type { Ranker } from './ranker/ranker.ts'

/** The first step of the chain: what visitors with similar sessions viewed. */
export interface SessionSource {
  /**
   * The products for a question, best first, of those that `accepts` lets through by their numbers; `most` are likely
   * taken. The question and what comes are good until the next call.
   */
  candidates(question: Question, most: number, accepts: (item: number) => boolean): Iterable<Candidate>
}

/** `weights` gives those to rank by. */
export function createSessionSource(options: {
  index: SessionIndex
  ranker: Ranker
  weights: () => ArrayLike<number>
}): SessionSource {
  const { index, ranker, weights } = options
  const witnesses = createWitnesses(index)
  const order = new Uint32Array(maxCandidates)
  const chances = new Float64Array(maxCandidates)

  function reason(
    item: number,
    number: number,
    question: Question,
    evidence: Evidence,
  ): Record<string, unknown> {
    const steps = question.path.subarray(0, question.length).indexOf(item)
    if (steps > 0) return { kind: 'returns', product: index.products.id(item), stepsBack: steps }
    const { viewed, visitors } = witnesses.of(item, question)
    const product = viewed === none ? null : index.products.id(viewed)
    return { kind: strongest(number, evidence), product, visitors }
  }

  return {
    *candidates(question, most, accepts) {
      const found = ranker.candidates(question, rankedCandidates, accepts)
      ranker.order(found, weights(), order, chances)
      const likely = order.subarray(0, Math.min(most, found.count))
      witnesses.hear(
        found.evidence,
        Array.from(likely, place => found.found[place] as number),
      )
      for (let n = 0; n < found.count; n++) {
        const place = order[n] as number
        const item = found.items[place] as number
        yield {
          productId: index.products.id(item),
          source: 'sessions',
          score: chances[place] as number,
          because: reason(item, found.found[place] as number, question, found.evidence),
        }
      }
    },
  }
}

/** The kind of evidence with the largest share. */
function strongest(number: number, { neighbours, next, later, together }: Evidence): string {
  const shares = [
    ['viewed-after', Math.max(next.get(number), later.get(number))],
    ['viewed-together', together.get(number)],
    ['similar-sessions', neighbours.get(number)],
  ] as const
  return shares.reduce((best, one) => (one[1] > best[1] ? one : best))[0]
}
