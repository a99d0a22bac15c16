import { expect } from 'chai'
import { recommended } from './test-support.ts'
import { createVitrineMethod } from './vitrine.ts'
import type { Look } from './test-support.ts'

const looks: Look[] = [
  ['ann', 'lamp', 0],
  ['ann', 'rug', 1],
  ['bob', 'lamp', 2],
  ['bob', 'rug', 3],
  ['cat', 'sofa', 4],
  ['cat', 'bed', 5],
  ['dan', 'sofa', 6],
]

describe("Vitrine's own method", () => {
  it('shows what others viewed next first, and fills the list with what else was viewed', () => {
    expect(recommended(createVitrineMethod(), looks, ['lamp'])).to.deep.equal(['rug', 'sofa', 'bed'])
  })

  it('answers from the views of the visit while it goes on', () => {
    const method = createVitrineMethod()
    for (const [userId, productId, minute] of [...looks, ['eve', 'sofa', 7] as const]) {
      method.observe({ userId, productId, time: minute * 60_000 })
    }
    const question = { userId: 'eve', visit: ['sofa'], at: 8 * 60_000, limit: 1, excludeSeen: false }
    expect(method.recommend(question)).to.deep.equal(['bed'])
  })

  it('leaves out all of the visit when only new products are wanted', () => {
    const list = recommended(createVitrineMethod(), looks, ['rug', 'lamp'], { excludeSeen: true })
    expect(list).to.have.members(['sofa', 'bed'])
  })

  it('tells the weights that it learned, and from how many views', () => {
    const method = createVitrineMethod()
    recommended(method, looks, ['lamp'])
    const { lessons, weights } = method.report?.() ?? {}
    // bob's rug was foreseen from ann's visit; nobody had viewed the others' second products before.
    expect(lessons).to.equal(1)
    expect(weights).to.include.keys('blend', 'next', 'popular')
  })
})
