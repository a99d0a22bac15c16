import { expect } from 'chai'
import { nearest } from './nearest.ts'

describe('names that were meant', () => {
  const names = ['orders', 'orders-nightly', 'products', 'catalogue']

  it('are those with few letters different, too many or missing, or those that go on', () => {
    expect(nearest('order', names)).to.deep.equal(['orders', 'orders-nightly'])
    expect(nearest('odrers', names)).to.deep.equal(['orders'])
    expect(nearest('Products', names)).to.deep.equal(['products'])
    expect(nearest('catalog', names)).to.deep.equal(['catalogue'])
  })

  it('are none where none is near', () => {
    expect(nearest('stock', names)).to.deep.equal([])
    expect(nearest('orders', [])).to.deep.equal([])
  })
})
