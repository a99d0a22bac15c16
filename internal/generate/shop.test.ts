import { expect } from 'chai'
import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { InvalidInput } from '#internal/errors/errors.ts'
import { defaultShopOptions } from './options.ts'
import { generateShop } from './shop.ts'
import { viewLine } from './write-views.ts'
import type { ShopOptions } from './options.ts'
import type { Shop } from './shop.ts'

const until = Date.UTC(2026, 10, 1)
const dayMs = 86_400_000

const smallShops: fc.Arbitrary<ShopOptions> = fc.record({
  users: fc.integer({ min: 1, max: 60 }),
  products: fc.integer({ min: 1, max: 80 }),
  days: fc.integer({ min: 1, max: 12 }),
  seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  until: fc.integer({ min: Date.UTC(2015, 0), max: Date.UTC(2035, 0) }),
  visitsPerUserDay: fc.double({ min: 0.05, max: 3, noNaN: true }),
})

const everyShop = (promise: (shop: Shop, options: ShopOptions) => void) =>
  fc.assert(
    fc.property(smallShops, options => {
      promise(generateShop(options), options)
    }),
    { numRuns: 60 },
  )

/** Everything in a shop, byte for byte. */
function fingerprint(shop: Shop): string {
  const hash = createHash('sha256')
  for (const view of shop.views()) hash.update(`${viewLine(view)}\n`)
  for (const part of [shop.products(), shop.orders(), shop.orderItems()]) {
    for (const row of part) hash.update(`${JSON.stringify(row)}\n`)
  }
  return hash.digest('hex')
}

describe('generated shop', () => {
  it('is the same to the last byte for the same options', () => {
    everyShop((shop, options) => expect(fingerprint(generateShop(options))).to.equal(fingerprint(shop)))
  })

  it('is the same shop when it is read twice, and by two readers at once', () => {
    const shop = generateShop({ ...defaultShopOptions, until })
    const pairs = [...shop.views()]
    const other = shop.views()[Symbol.iterator]()
    for (const view of shop.views()) expect(other.next().value).to.deep.equal(view)
    expect(pairs.length).to.be.greaterThan(10_000)
  })

  it('is another shop for another seed', () => {
    const seeds = Array.from({ length: 50 }, (_, seed) => seed)
    const prints = seeds.map(seed =>
      fingerprint(generateShop({ ...defaultShopOptions, users: 20, days: 5, seed, until })),
    )
    expect(new Set(prints).size).to.equal(seeds.length)
  })

  it('has every time inside its days, and views in the order of their times', () => {
    everyShop((shop, { days, until: end }) => {
      let last = end - days * dayMs
      for (const { timestamp } of shop.views()) {
        expect(timestamp).to.be.at.least(last).and.below(end)
        last = timestamp
      }
      for (const order of shop.orders()) {
        expect(order.createdAt).to.be.at.least(end - days * dayMs)
        expect(order.updatedAt).to.be.at.least(order.createdAt).and.below(end)
      }
      for (const product of shop.products()) expect(product.createdAt).to.be.below(end - days * dayMs)
    })
  })

  it('has no view, order or line that names a user, a product or an order that is not there', () => {
    everyShop((shop, { users, products: count }) => {
      const products = new Set([...shop.products()].map(product => product.productId))
      const orders = new Map([...shop.orders()].map(order => [order.orderId, order]))
      expect(products.size).to.equal(count)
      const isUser = (id: string) => /^user-\d+$/.test(id) && Number(id.slice(5)) <= users
      for (const view of shop.views())
        expect(products.has(view.productId) && isUser(view.userId)).to.equal(true)
      for (const order of orders.values()) expect(isUser(order.userId)).to.equal(true)
      const ids = new Set<number>()
      const filled = new Set<string>()
      for (const item of shop.orderItems()) {
        expect(products.has(item.productId) && orders.has(item.orderId) && item.quantity > 0).to.equal(true)
        ids.add(item.id)
        filled.add(item.orderId)
      }
      expect([...ids]).to.deep.equal(Array.from(ids, (_, index) => index + 1))
      expect(filled.size).to.equal(orders.size)
    })
  })

  it('sells people only what they had looked at before', () => {
    everyShop(shop => {
      const firstLook = new Map<string, number>()
      for (const { userId, productId, timestamp } of shop.views()) {
        const key = `${userId} ${productId}`
        if (!firstLook.has(key)) firstLook.set(key, timestamp)
      }
      const orders = new Map([...shop.orders()].map(order => [order.orderId, order]))
      for (const { orderId, productId } of shop.orderItems()) {
        const order = orders.get(orderId)
        expect(firstLook.get(`${order?.userId} ${productId}`)).to.be.below(order?.createdAt ?? 0)
      }
    })
  })

  it('has visits whose views are 5 to 300 seconds apart, and rests of over half an hour between them', () => {
    const last = new Map<string, number>()
    for (const { userId, timestamp } of generateShop({ ...defaultShopOptions, until }).views()) {
      const gap = timestamp - (last.get(userId) ?? -Infinity)
      expect((gap >= 5_000 && gap <= 300_000) || gap > 30 * 60_000, `a gap of ${gap} ms`).to.equal(true)
      last.set(userId, timestamp)
    }
    expect(last.size).to.be.greaterThan(400)
  })

  it('looks like a shop: a long tail, repeats, several sources, some sold out, some cancelled', () => {
    const shop = generateShop({ ...defaultShopOptions, until })
    const views = [...shop.views()]
    const looks = Object.values(Object.groupBy(views, view => view.productId)).map(
      group => group?.length ?? 0,
    )
    looks.sort((a, b) => b - a)
    const share = (list: number[]) => list.reduce((sum, count) => sum + count, 0) / views.length
    expect(share(looks.slice(0, 30)), 'the most viewed tenth').to.be.within(0.2, 0.5)
    expect(share(looks.slice(150)), 'the less viewed half').to.be.within(0.15, 0.4)

    expect(new Set(views.map(view => view.source)).size).to.equal(3)
    expect(new Set(views.map(view => `${view.userId} ${view.productId}`)).size).to.be.below(
      views.length * 0.9,
    )
    expect(new Set(views.map(view => view.messageId)).size).to.equal(views.length)
    expect(views[0]?.messageId).to.match(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    )

    const products = [...shop.products()]
    expect(products.filter(product => !product.inStock).length).to.be.within(3, 60)
    expect(new Set(products.map(product => product.categoryId)).size).to.be.greaterThan(8)
    const orders = [...shop.orders()]
    expect(orders.length).to.be.greaterThan(100)
    expect(orders.filter(order => order.cancelled).length).to.be.within(1, orders.length / 5)
  })

  it('has products that are bought together more often than chance brings', () => {
    const carts = Object.values(
      Object.groupBy(generateShop({ ...defaultShopOptions, until }).orderItems(), item => item.orderId),
    )
    const support = new Map<string, number>()
    for (const cart of carts) {
      const ids = cart?.map(({ productId }) => productId) ?? []
      for (const a of ids) {
        for (const b of ids) if (a < b) support.set(`${a} ${b}`, (support.get(`${a} ${b}`) ?? 0) + 1)
      }
    }
    expect([...support.values()].filter(orders => orders >= 3).length).to.be.greaterThan(10)
  })

  it('names the option that no shop can be made of', () => {
    const wrong: [keyof ShopOptions, number][] = [
      ['users', 0],
      ['products', 1.5],
      ['days', Number.NaN],
      ['seed', -1],
      ['until', 1e18],
      ['visitsPerUserDay', 0],
    ]
    for (const [field, value] of wrong) {
      expect(() => generateShop({ ...defaultShopOptions, until, [field]: value }))
        .to.throw(InvalidInput, `${value}`)
        .with.property('field', field)
    }
  })
})
