import { expect } from 'chai'
import { createFakeHistoryStore } from '#internal/history/fake-store.ts'
import { defaultHistoryTtl } from '#internal/history/store.ts'
import { createFakeOrdersStore } from '#internal/orders/fake-store.ts'
import { defaultFilters } from './filters.ts'
import { startTestRecommendations } from './test-support.ts'
import type { OrdersStore, Product, RankedProduct, Ranking } from '#internal/orders/store.ts'
import type { Filters } from './filters.ts'

const now = Date.parse('2026-11-01T10:00:00.000Z')
const day = 86_400_000

const product = (productId: string, categoryId: string, createdAt: number, inStock = true): Product => ({
  productId,
  categoryId,
  title: `The ${productId}`,
  price: 10,
  inStock,
  createdAt,
})
const ranked = (...ids: string[]): RankedProduct[] =>
  ids.map((productId, i) => ({ productId, buyers: 10 - i, quantity: 20 - i }))

const shop = [
  product('shoe-1', 'shoes', 1),
  product('shoe-2', 'shoes', 2),
  product('shoe-3', 'shoes', 3, false),
  product('hat-1', 'hats', 4),
  product('hat-2', 'hats', 5),
  product('bag-1', 'bags', 6),
]
const rankings: Ranking[] = [
  { category: 'shoes', window: '30d', products: ranked('shoe-3', 'shoe-1') },
  { category: 'shoes', window: 'ever', products: ranked('shoe-1', 'shoe-2', 'shoe-3') },
  { category: 'hats', window: '30d', products: ranked('hat-1') },
  { category: null, window: 'previous-month', products: ranked('hat-2', 'left-the-shop') },
  { category: null, window: 'ever', products: ranked('hat-1', 'shoe-2') },
]

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

async function publish(store: OrdersStore, id = '1', snapshotAt = now): Promise<void> {
  const version = { id, snapshotAt }
  await store.writeProducts(version, each(shop))
  await store.publish('products', version)
  await store.writeRankings(version, each(rankings))
  await store.publish('rankings', version)
}

async function setUp(options: { published?: boolean } = {}) {
  const history = createFakeHistoryStore({ ttl: defaultHistoryTtl, now: () => now })
  const orders = createFakeOrdersStore()
  if (options.published !== false) await publish(orders)
  const { service, metrics, view, change, log, until } = await startTestRecommendations({
    now: () => now,
    history,
    orders,
  })
  const see = (userId: string, ...productIds: string[]) =>
    history.recordViews(
      productIds.map((productId, i) => ({
        messageId: `${userId} ${productId}`,
        userId,
        productId,
        source: 'desktop',
        timestamp: now - 1_000 + i,
        effectiveTime: now - 1_000 + i,
      })),
    )
  const ask = (userId: string, filters: Partial<Filters> = {}, current: string | null = null) =>
    service.recommender.recommend({
      userId,
      visit: [],
      current,
      limit: 10,
      filters: { ...defaultFilters, ...filters },
      forStrangers: 'best-sellers-previous-month',
    })
  const products = async (...question: Parameters<typeof ask>) =>
    (await ask(...question)).items.map(item => item.productId)
  return { service, history, orders, metrics, see, ask, products, view, change, log, until }
}

describe('recommendations', () => {
  it('go from the categories that a user looks at to the best sellers and then to the newest, with reasons', async () => {
    const { service, see, ask, metrics } = await setUp()
    await using _service = service
    await see('user-1', 'hat-1', 'shoe-1', 'shoe-3')
    const { items, personalized, degraded } = await ask('user-1')
    expect(items.map(({ productId, source }) => [productId, source])).to.deep.equal([
      ['shoe-2', 'category-best-sellers'],
      ['hat-2', 'best-sellers-previous-month'],
      ['bag-1', 'catalogue'],
    ])
    expect(items[0]?.because).to.deep.equal({
      category: 'shoes',
      window: 'ever',
      buyers: 9,
      viewed: ['shoe-3', 'shoe-1'],
    })
    expect({ personalized, degraded }).to.deep.equal({ personalized: true, degraded: false })
    const { body } = await metrics.scrape()
    expect(body).to.contain('vitrine_recommended_items_total{source="category-best-sellers"} 1')
  })

  it('for a user of whom nothing is known begin with the best sellers of the previous month', async () => {
    const { service, ask } = await setUp()
    await using _service = service
    const { items, personalized } = await ask('nobody')
    expect(items.map(({ productId }) => productId)).to.deep.equal([
      'hat-2',
      'hat-1',
      'shoe-2',
      'bag-1',
      'shoe-3',
      'shoe-1',
    ])
    expect(personalized).to.equal(false)
  })

  it('leave out what was bought lately, and bring it again later', async () => {
    const { service, orders, products } = await setUp()
    await using _service = service
    const line = { orderId: 'o', categoryId: 'hats', quantity: 1, userId: 'user-1' }
    const late = { ...line, productId: 'hat-1', orderedAt: now - 10 * day }
    const early = { ...line, orderId: 'p', productId: 'hat-2', orderedAt: now - 40 * day }
    await orders.replaceOrders(
      [late, early].map(one => ({ orderId: one.orderId, lines: [one] })),
      now,
    )
    expect(await products('user-1'))
      .to.include('hat-2')
      .and.not.include('hat-1')
    expect(await products('user-1', { rebuyAfterMs: 5 * day })).to.include('hat-1')
    expect(await products('user-1', { rebuyAfterMs: 50 * day })).to.not.include('hat-2')
    expect(await products('user-1', { bought: 'include' })).to.include('hat-1')
  })

  it('keep to the filters and still fill the list', async () => {
    const { service, products, see } = await setUp()
    await using _service = service
    await see('user-1', 'shoe-1')
    expect(await products('user-1', { categories: ['shoes', 'bags'], inStock: true })).to.deep.equal([
      'shoe-2',
      'bag-1',
    ])
    expect(await products('user-1', { categories: ['shoes'], seen: 'include' }, 'shoe-3')).to.have.members([
      'shoe-1',
      'shoe-2',
    ])
  })

  it('come from memory while the store is away, and say so', async () => {
    const { service, ask, orders, history } = await setUp()
    await using _service = service
    const before = await ask('nobody')
    orders.setAvailable(false)
    history.setAvailable(false)
    const { items, degraded } = await ask('nobody-else')
    expect(degraded).to.equal(true)
    expect(items).to.deep.equal(before.items)
  })

  it('are none, rather than an error, before anything was published', async () => {
    const { service, ask, orders, products } = await setUp({ published: false })
    await using _service = service
    expect((await ask('user-1')).items).to.deep.equal([])
    await publish(orders)
    while ((await products('user-1')).length === 0) await new Promise(setImmediate)
  })
})
