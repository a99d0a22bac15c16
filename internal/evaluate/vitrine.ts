import { fillList } from '#internal/recommend/chain.ts'
import { ask, createQuestion } from '#internal/recommend/evidence/question.ts'
import { createSessionSource } from '#internal/recommend/from-sessions.ts'
import { createSessionIndex } from '#internal/recommend/index/session-index.ts'
import { features, firstWeights } from '#internal/recommend/ranker/features.ts'
import { createLessons, firstLessons } from '#internal/recommend/ranker/lessons.ts'
import { createRanker } from '#internal/recommend/ranker/ranker.ts'
import { trending, trendingInShop, viewedEver } from '#internal/recommend/sources.ts'
import type { Method } from './method.ts'

/** After the first lessons one view of so many is one; a service takes as many as fit into a share of a core. */
const viewsPerLesson = 10

/**
 * Vitrine's own chain as the api asks it, without what only the shop's orders and catalogue know: sessions, ranked by
 * learned weights, then what is trending, then what was ever viewed.
 */
export function createVitrineMethod(): Method {
  const index = createSessionIndex()
  const ranker = createRanker(index)
  const lessons = createLessons(index, ranker, null)
  const weights = () => (lessons.champion.learnedWins ? lessons.weights : firstWeights)
  const sessions = createSessionSource({ index, ranker, weights })
  const question = createQuestion()
  let views = 0
  let settled = false

  return {
    name: 'vitrine',
    observe(view) {
      if (lessons.count < firstLessons || views % viewsPerLesson === 0) lessons.take(view)
      views += 1
      index.add(view)
    },
    settle() {
      settled = true
    },
    recommend({ userId, visit, at, limit, excludeSeen }) {
      const not = new Set(excludeSeen ? visit : visit.slice(-1))
      const accepts = ({ productId }: { productId: string }) => !not.has(productId)
      // While views are observed, those of the visit are in the index, and are found by their visitor.
      const asked = ask(question, index, { userId, products: settled ? visit : [], at })
      const found = asked
        ? sessions.candidates(question, limit, item => !not.has(index.products.id(item)))
        : []
      const chain = [found, trending(trendingInShop(index)), viewedEver(index)]
      return fillList(chain, accepts, limit).map(({ productId }) => productId)
    },
    report: () => ({
      lessons: lessons.count,
      weights: Object.fromEntries(features.map(({ name }, place) => [name, weights()[place]])),
    }),
  }
}
