import { expect } from 'chai'
import { interestsOf } from './interests.ts'
import type { Product } from '#internal/orders/store.ts'

const categories: Record<string, string> = { a: 'shoes', b: 'hats', c: 'shoes', d: 'hats', e: 'bags' }

function product(productId: string): Product | undefined {
  const categoryId = categories[productId]
  if (categoryId === undefined) return undefined
  return { productId, categoryId, title: null, price: null, inStock: null, createdAt: null }
}
const interests = (...ids: string[]) => interestsOf(ids, product)

describe('what a user is interested in', () => {
  it('are first the categories of which he viewed most products, then those viewed last', () => {
    expect(interests('e', 'b', 'a', 'd', 'c')).to.deep.equal([
      { category: 'hats', viewed: ['b', 'd'] },
      { category: 'shoes', viewed: ['a', 'c'] },
      { category: 'bags', viewed: ['e'] },
    ])
  })

  it('is not told by products that have left the shop', () => {
    expect(interests('gone', 'a')).to.deep.equal([{ category: 'shoes', viewed: ['a'] }])
    expect(interests()).to.deep.equal([])
  })
})
