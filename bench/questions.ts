import { ask, createQuestion } from '#internal/recommend/evidence/question.ts'
import { createSessionSource } from '#internal/recommend/from-sessions.ts'
import { createSessionIndex, defaultSessionIndexSettings } from '#internal/recommend/index/session-index.ts'
import { firstWeights } from '#internal/recommend/ranker/features.ts'
import { rankedCandidates } from '#internal/recommend/ranker/lessons.ts'
import { createRanker } from '#internal/recommend/ranker/ranker.ts'
import { maxCandidates } from '#internal/recommend/evidence/evidence.ts'
import { timesOf } from './times.ts'
import type { ProductView } from '#internal/domain/product-view.ts'
import type { SessionIndex } from '#internal/recommend/index/session-index.ts'
import type { Times } from './times.ts'

const listLength = 10
/** So many of the visitors who viewed something last ask in turn. */
const askingVisitors = 5_000

/** What one process answers with, without HTTP and without a store. */
export interface InProcess {
  readonly index: SessionIndex
  /** Those who viewed something last, the newest first, each once. */
  readonly visitors: readonly string[]
  /** Times of `count` lists of 10, asked by one visitor after the other; with a reason for each product or without. */
  time(count: number, what: 'with reasons' | 'without reasons'): Times
}

export function createInProcess(options: {
  views: Iterable<Pick<ProductView, 'userId' | 'productId' | 'timestamp'>>
  capacityViews: number
  sessionsPerProduct?: number
}): InProcess {
  const { views, capacityViews } = options
  const { sessionsPerProduct = defaultSessionIndexSettings.sessionsPerProduct } = options
  const index = createSessionIndex({ capacityViews, sessionsPerProduct })
  const last = new Map<string, true>()
  for (const { userId, productId, timestamp } of views) {
    index.add({ userId, productId, time: timestamp })
    last.delete(userId)
    last.set(userId, true)
    if (last.size > askingVisitors) last.delete(last.keys().next().value as string)
  }
  const visitors = [...last.keys()].reverse()
  const ranker = createRanker(index)
  const sessions = createSessionSource({ index, ranker, weights: () => firstWeights })
  const question = createQuestion()
  const order = new Uint32Array(maxCandidates)
  const chances = new Float64Array(maxCandidates)
  let asked = 0
  let given = 0

  function asks(userId: string): boolean {
    return ask(question, index, { userId, products: [], at: index.newestTime })
  }

  const answers = {
    'with reasons'(userId: string): void {
      if (!asks(userId)) return
      let left = listLength
      for (const { because } of sessions.candidates(question, listLength, () => true)) {
        if ('kind' in because) given += 1
        if (--left === 0) break
      }
    },
    'without reasons'(userId: string): void {
      if (!asks(userId)) return
      const found = ranker.candidates(question, rankedCandidates, () => true)
      ranker.order(found, firstWeights, order, chances)
      for (let n = 0; n < Math.min(listLength, found.count); n++) {
        given += index.products.id(found.items[order[n] as number] as number).length
      }
    },
  }

  return {
    index,
    visitors,
    time(count, what) {
      const answer = answers[what]
      const milliseconds: number[] = []
      given = 0
      for (let n = 0; n < count; n++, asked++) {
        const userId = visitors[asked % visitors.length] as string
        const began = performance.now()
        answer(userId)
        milliseconds.push(performance.now() - began)
      }
      if (given === 0) throw new Error('nobody was recommended anything')
      return timesOf(milliseconds)
    },
  }
}
