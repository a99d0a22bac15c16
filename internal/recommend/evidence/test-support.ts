import fc from 'fast-check'
import { createSessionIndex } from '../index/session-index.ts'
import { ask, createQuestion } from './question.ts'
import type { IndexedView, SessionIndex } from '../index/session-index.ts'
import type { Asked, Question } from './question.ts'

export const start = Date.UTC(2026, 10, 1)
export const minute = 60_000

export const products = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
export const users = ['ann', 'ben', 'cleo', 'dan']

/** Views of a few visitors over two days, so close that sessions are joined and cut. */
export const someViews: fc.Arbitrary<IndexedView[]> = fc.array(
  fc.record({
    userId: fc.constantFrom(...users),
    productId: fc.constantFrom(...products),
    time: fc.integer({ min: 0, max: 2 * 24 * 12 }).map(n => start + 5 * n * minute),
  }),
  { maxLength: 80 },
)

/** An index without a cap in reach, with views in the order given. */
export function indexOf(views: readonly IndexedView[]): SessionIndex {
  const index = createSessionIndex({ capacityViews: 100_000, sessionsPerProduct: 1_000 })
  for (const view of views) index.add(view)
  return index
}

/** One visit: products a minute apart. */
export function visit(userId: string, productIds: readonly string[], from = start): IndexedView[] {
  return productIds.map((productId, n) => ({ userId, productId, time: from + n * minute }))
}

/** A question, or `null` when nothing is known that could be asked from. */
export function questionOf(index: SessionIndex, asked: Partial<Asked>): Question | null {
  const question = createQuestion()
  return ask(question, index, { userId: null, products: [], at: start, ...asked }) ? question : null
}
