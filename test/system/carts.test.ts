import { expect } from 'chai'
import { openCartShop } from './cart-shop.ts'
import { giftOrders, recall, splitCarts } from './carts.ts'

describe('the carts of a real shop', function () {
  this.timeout(240_000)

  it('are completed from earlier orders: a third of what else is in them stands among 20 products', async function () {
    const orders = giftOrders()
    if (orders === null) {
      process.stdout.write('\nSKIPPED the carts of a real shop: its orders are not at hand\n')
      return this.skip()
    }
    const { earlier, questions, end } = splitCarts(orders)
    await using shop = await openCartShop()
    await shop.sell(earlier, Date.now() - end)
    expect(await shop.publish()).to.include({ message: '', result: 'Succeeded' })

    let sum = 0
    let unknown = 0
    for (const { shown, hidden } of questions) {
      const { items, notEnoughData, degraded } = await shop.complete({ products: shown, limit: 20 })
      const found = items.map(({ productId }) => productId)
      expect(degraded).to.equal(false)
      expect(found).to.not.include.oneOf([...shown])
      if (notEnoughData) unknown += 1
      sum += recall(found, hidden, 20)
    }
    expect(sum / questions.length).to.be.at.least(0.34)
    expect(unknown / questions.length).to.be.lessThan(0.01)
  })
})
