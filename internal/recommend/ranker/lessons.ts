import { none } from '../index/columns.ts'
import { ask, createQuestion } from '../evidence/question.ts'
import { maxCandidates } from '../evidence/evidence.ts'
import { createChampion } from './champion.ts'
import { firstWeights } from './features.ts'
import { createLearner, scoresOf } from './softmax.ts'
import type { IndexedView, SessionIndex } from '../index/session-index.ts'
import type { Champion } from './champion.ts'
import type { Ranker } from './ranker.ts'

/** The first so many lessons bring most of what there is to learn, so they are given more time. */
export const firstLessons = 2_000
/** So many candidates are ranked, in lessons and in answers. */
export const rankedCandidates = 100
/** Fast enough for the first days; what was learned 2,000 lessons ago counts 1/e, so that early lessons don't stay. */
const learning = { rate: 0.05, pull: 1e-4, keep: 1 - 1 / 2_000 }

/** What has been learned so far. */
export interface Learned {
  readonly weights: readonly number[]
  readonly memory: readonly number[]
  readonly lessons: number
}

/** Teaches weights from views: each is a lesson in what a visitor looks at next. */
export interface Lessons {
  /**
   * Learns from a view that is about to be taken in. False when it teaches nothing: it is the visitor's first, late or a
   * repeat (newer ones of his are there), a reload, or nobody has viewed the product before.
   */
  take(view: IndexedView): boolean
  learned(): Learned
  /** Lessons taken, those before this process included. */
  readonly count: number
  readonly weights: Float64Array
  readonly champion: Champion
}

/** Goes on `from` what was learned before, with its verdict on learned and first weights. */
export function createLessons(
  index: SessionIndex,
  ranker: Ranker,
  from: (Learned & { readonly learnedWins: boolean }) | null,
): Lessons {
  const learner = createLearner(firstWeights, from, learning)
  const champion = createChampion(from?.learnedWins)
  const question = createQuestion()
  const scores = new Float64Array(maxCandidates)
  let lessons = from?.lessons ?? 0

  function placeOf(weights: ArrayLike<number>, rows: Float64Array, count: number, taken: number): number {
    scoresOf(weights, rows, count, scores)
    let place = 1
    for (let c = 0; c < count; c++) {
      const [score, own] = [scores[c] as number, scores[taken] as number]
      if (score > own || (score === own && c < taken)) place++
    }
    return place
  }

  return {
    take({ userId, productId, time }) {
      const item = index.products.find(productId)
      if (item === none || !ask(question, index, { userId, products: [], at: 0 })) return false
      if (question.path[0] === item || (question.times[0] as number) > time) return false
      const { rows, items, count } = ranker.candidates(question, rankedCandidates, acceptAll)
      const taken = items.subarray(0, count).indexOf(item)
      if (taken < 0) {
        champion.note(0, 0)
        return true
      }
      champion.note(placeOf(learner.weights, rows, count, taken), placeOf(firstWeights, rows, count, taken))
      learner.learn(rows, count, taken)
      lessons++
      return true
    },
    learned: () => ({ weights: [...learner.weights], memory: [...learner.memory], lessons }),
    get count() {
      return lessons
    },
    weights: learner.weights,
    champion,
  }
}

const acceptAll = () => true
