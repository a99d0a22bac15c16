import { expect } from 'chai'
import { indexOf, questionOf, visit } from './evidence/test-support.ts'
import { createSessionSource } from './from-sessions.ts'
import { firstWeights } from './ranker/features.ts'
import { createRanker } from './ranker/ranker.ts'
import type { IndexedView } from './index/session-index.ts'
import type { Asked } from './evidence/question.ts'

function candidatesFor(
  views: readonly IndexedView[],
  asked: Partial<Asked>,
  accepts: (productId: string) => boolean = () => true,
) {
  const index = indexOf(views)
  const question = questionOf(index, asked)
  if (question === null) return []
  const ranker = createRanker(index)
  const source = createSessionSource({ index, ranker, weights: () => firstWeights })
  return [...source.candidates(question, 10, item => accepts(index.products.id(item)))]
}

describe('products from sessions', () => {
  const views = [
    ...visit('ann', ['a', 'b', 'c']),
    ...visit('ben', ['a', 'b']),
    ...visit('cleo', ['b', 'a', 'd']),
    ...visit('dan', ['e', 'a']),
  ]

  it('come best first, with chances that are shares of 1', () => {
    const found = candidatesFor(views, { products: ['a'] })
    expect(found.map(({ productId }) => productId)).to.have.members(['b', 'c', 'd', 'e'])
    expect(found[0]?.productId).to.equal('b')
    const scores = found.map(({ score = Number.NaN }) => score)
    expect(scores).to.deep.equal(scores.toSorted((x, y) => y - x))
    expect(scores.reduce((sum, score) => sum + score, 0)).to.be.closeTo(1, 1e-9)
    for (const { source } of found) expect(source).to.equal('sessions')
  })

  it('name the viewed product, the visitors who viewed both, and what speaks most for it', () => {
    const found = candidatesFor(views, { products: ['a'] })
    const because = Object.fromEntries(found.map(one => [one.productId, one.because]))
    expect(because['b']).to.deep.equal({ kind: 'viewed-after', product: 'a', visitors: 3 })
    expect(because['e']).to.deep.include({ product: 'a', visitors: 1 })
    // Nobody viewed it after.
    expect(because['e']?.['kind']).to.be.oneOf(['viewed-together', 'similar-sessions'])
  })

  it('say of a product of the visit how many steps back it was viewed', () => {
    const found = candidatesFor(views, { products: ['c', 'b', 'a'] })
    const because = Object.fromEntries(found.map(one => [one.productId, one.because]))
    expect(because['b']).to.deep.equal({ kind: 'returns', product: 'b', stepsBack: 1 })
    expect(because['c']).to.deep.equal({ kind: 'returns', product: 'c', stepsBack: 2 })
  })

  it('do not count the one who asks', () => {
    const found = candidatesFor(views, { userId: 'ben', products: ['a'] })
    const because = Object.fromEntries(found.map(one => [one.productId, one.because]))
    expect(because['c']?.['visitors']).to.equal(1)
    expect(because['d']?.['visitors']).to.equal(1)
  })

  it('are only those that may come, however few are left', () => {
    const found = candidatesFor(views, { products: ['a'] }, productId => productId === 'e')
    expect(found.map(({ productId }) => productId)).to.deep.equal(['e'])
  })
})
