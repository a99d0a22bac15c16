import { expect } from 'chai'
import { writeBestSellers } from './best-sellers-body.ts'
import type { Product } from '#internal/orders/store.ts'

const list = [
  { productId: 'p1', buyers: 7, quantity: 9 },
  { productId: 'p2', buyers: 5, quantity: 5 },
]

const catalogue = (title: string | null) => ({
  get: (productId: string): Product => ({
    productId,
    title,
    categoryId: 'shoes',
    price: null,
    inStock: null,
    createdAt: null,
  }),
})

describe('the body of a list of best sellers', () => {
  it('says what is true now, whatever was asked for before', () => {
    const write = writeBestSellers()
    const shoe = catalogue('Shoe')
    const said = (...asked: Parameters<typeof write>) => JSON.parse(write(...asked).text) as unknown
    const first = { productId: 'p1', title: 'Shoe', buyers: 7, quantity: 9 }
    const second = { productId: 'p2', title: 'Shoe', buyers: 5, quantity: 5 }
    expect(said(list, shoe, 2, false)).to.deep.equal({ items: [first, second], degraded: false })
    expect(said(list, shoe, 1, false)).to.deep.equal({ items: [first], degraded: false })
    expect(said(list, shoe, 1, true)).to.deep.equal({ items: [first], degraded: true })
    const renamed = [{ ...first, title: 'Boot' }]
    expect(said(list, catalogue('Boot'), 1, true)).to.deep.equal({ items: renamed, degraded: true })
    const untitled = [{ productId: 'p1', buyers: 7, quantity: 9 }]
    expect(said(list, null, 1, true)).to.deep.equal({ items: untitled, degraded: true })
    expect(said([], null, 1, true)).to.deep.equal({ items: [], degraded: true })
  })

  it('is written once for all who ask the same', () => {
    const write = writeBestSellers()
    const shoe = catalogue('Shoe')
    expect(write(list, shoe, 2, false)).to.equal(write(list, shoe, 2, false))
  })
})
