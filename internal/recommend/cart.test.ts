import { expect } from 'chai'
import fc from 'fast-check'
import { partnersOfCart } from './cart.ts'
import type { BoughtTogether } from '#internal/orders/store.ts'

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const pair = fc.record({
  productId: id,
  otherProductId: id,
  support: fc.integer({ min: 3, max: 9 }),
  score: fc.integer({ min: 0, max: 8 }).map(eighths => eighths / 8),
})
const shop = fc.uniqueArray(pair, { selector: one => one.productId + one.otherProductId, maxLength: 20 })

const partnersOf = (cart: readonly string[], pairs: readonly BoughtTogether[]) =>
  partnersOfCart(
    new Set(cart),
    cart.map(product => pairs.filter(({ productId }) => productId === product)),
  )

describe('the partners of a cart', () => {
  it('are what its products were bought with, by the sum of their scores, never of the cart and none twice', () => {
    fc.assert(
      fc.property(fc.uniqueArray(id), shop, (cart, pairs) => {
        const found = partnersOf(cart, pairs)
        const touching = pairs.filter(
          one => cart.includes(one.productId) && !cart.includes(one.otherProductId),
        )
        const partners = new Set(touching.map(one => one.otherProductId))
        expect(found.map(({ productId }) => productId)).to.have.members([...partners])
        for (const { productId, score } of found) {
          const shares = touching.filter(one => one.otherProductId === productId)
          expect(score).to.equal(shares.reduce((sum, one) => sum + one.score, 0))
        }
        const scores = found.map(({ score }) => score)
        expect(scores).to.deep.equal(scores.toSorted((a, b) => b - a))
      }),
    )
  })

  it('name the product of the cart with the largest share, and how many orders hold both', () => {
    const found = partnersOf(
      ['hat', 'scarf'],
      [
        { productId: 'hat', otherProductId: 'glove', support: 9, score: 0.25 },
        { productId: 'scarf', otherProductId: 'glove', support: 4, score: 0.5 },
      ],
    )
    expect(found).to.deep.equal([
      { productId: 'glove', score: 0.75, because: { product: 'scarf', support: 4 } },
    ])
  })

  it('are the same whatever the order in the cart', () => {
    fc.assert(
      fc.property(fc.uniqueArray(id), shop, (cart, pairs) => {
        expect(partnersOf(cart.toReversed(), pairs)).to.deep.equal(partnersOf(cart, pairs))
      }),
    )
  })
})
