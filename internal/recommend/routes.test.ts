import { expect } from 'chai'
import { createApp } from '#internal/http/app.ts'
import { listen } from '#internal/http/listen.ts'
import { createFakeHistoryStore } from '#internal/history/fake-store.ts'
import { defaultHistoryTtl } from '#internal/history/store.ts'
import { createFakeOrdersStore } from '#internal/orders/fake-store.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { startTestRecommendations } from './test-support.ts'

const now = Date.parse('2026-11-01T10:00:00.000Z')
const legacy = '/api/v1/user_history_recommendations/'

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

/** What the answers may hold; each test reads what its call promises. */
interface Body {
  products: string[]
  type: string
  items: { productId: string }[]
  errors: { parameter: string }[]
}

async function setUp() {
  const opened = new AsyncDisposableStack()
  const history = createFakeHistoryStore({ ttl: defaultHistoryTtl, now: () => now })
  const orders = createFakeOrdersStore()
  const version = { id: '1', snapshotAt: now }
  const products = Array.from({ length: 30 }, (_, i) => ({
    productId: `product-${i}`,
    categoryId: i % 2 === 0 ? 'shoes' : 'hats',
    title: `Product ${i}`,
    price: i,
    inStock: i % 3 !== 0,
    createdAt: now - i,
  }))
  await orders.writeProducts(version, each(products))
  await orders.publish('products', version)
  const ranked = [{ productId: 'product-4', buyers: 7, quantity: 9 }]
  await orders.writeRankings(
    version,
    each([
      { category: 'shoes', window: '30d' as const, products: ranked },
      { category: null, window: '30d' as const, products: ranked },
    ]),
  )
  await orders.publish('rankings', version)
  await history.recordViews([
    {
      messageId: 'm',
      userId: 'user-78',
      productId: 'product-2',
      source: 'desktop',
      timestamp: now - 1,
      effectiveTime: now - 1,
    },
  ])
  const { service, metrics, view } = await startTestRecommendations({ now: () => now, history, orders })
  opened.use(service)
  const app = createApp({ routes: service.routes, logger: silentLogger, metrics })
  const server = opened.use(
    await listen({ app, host: '127.0.0.1', port: 0, portSetting: '--port', auth: 'loopback' }),
  )
  async function ask(path: string, headers: Record<string, string> = {}) {
    const answer = await fetch(`${server.url}${path}`, { headers })
    return { status: answer.status, body: (await answer.json()) as Body }
  }
  return { opened, orders, ask, view }
}

describe('the recommendations for a user', () => {
  it('are 10 different products, and say whether the user’s views shaped them', async () => {
    const { opened, ask } = await setUp()
    await using _opened = opened
    const { status, body } = await ask(legacy, { 'user-id': 'user-78' })
    expect(status).to.equal(200)
    expect(Object.keys(body)).to.deep.equal(['user-id', 'products', 'type'])
    expect(new Set(body.products).size).to.equal(10)
    expect(body.products[0]).to.equal('product-4')
    expect(body.products).to.not.include('product-2')
    expect(body.type).to.equal('personalized')

    const stranger = await ask(legacy, { 'user-id': 'nobody', 'product-id': 'product-0' })
    expect(stranger.body.type).to.equal('non-personalized')
    expect(stranger.body.products).to.have.length(10).and.to.not.include('product-0')
  })

  it('are refused without a user in the words of the older contract', async () => {
    const { opened, ask } = await setUp()
    await using _opened = opened
    expect(await ask(legacy)).to.deep.equal({ status: 400, body: { Error: 'Missing userid parameter' } })
  })

  it('come with reasons, under the filters of the query', async () => {
    const { opened, ask } = await setUp()
    await using _opened = opened
    const query =
      'category=shoes&category=hats&in-stock=true&min-price=2&max-price=9.5&exclude=product-5&limit=100'
    const { status, body } = await ask(`/v1/users/user-78/recommendations?${query}`)
    expect(status).to.equal(200)
    expect(body).to.include({ type: 'personalized', degraded: false })
    expect(body.items[0]).to.deep.equal({
      productId: 'product-4',
      score: 0,
      source: 'category-best-sellers',
      because: { category: 'shoes', window: '30d', buyers: 7, viewed: ['product-2'] },
    })
    expect(body.items.map(item => item.productId)).to.deep.equal(['product-4', 'product-7', 'product-8'])
  })

  it('name what is wrong with a request', async () => {
    const { opened, ask } = await setUp()
    await using _opened = opened
    for (const [query, field] of [
      ['limit=101', 'limit'],
      ['category=', 'category'],
      ['in-stock=maybe', 'in-stock'],
      ['min-price=-1', 'min-price'],
      ['min-price=5&max-price=4', 'max-price'],
      ['exclude=%00', 'exclude'],
      ['seen=no', 'seen'],
      ['bought=include&bought=include', 'bought'],
      ['rebuy-after=soon', 'rebuy-after'],
      ['colour=red', 'colour'],
    ]) {
      const { status, body } = await ask(`/v1/users/user-78/recommendations?${query}`)
      expect(status, query).to.equal(400)
      expect(body.errors[0]?.parameter, query).to.equal(field)
    }
  })
})

describe('the list of best sellers', () => {
  it('is that of the shop or of a category, with titles', async () => {
    const { opened, ask } = await setUp()
    await using _opened = opened
    const items = [{ productId: 'product-4', title: 'Product 4', buyers: 7, quantity: 9 }]
    expect((await ask('/v1/rankings/best-sellers')).body).to.deep.equal({ items, degraded: false })
    expect((await ask('/v1/rankings/best-sellers?category=shoes&limit=1')).body.items).to.deep.equal(items)
    expect((await ask('/v1/rankings/best-sellers?category=hats&window=ever')).body.items).to.deep.equal([])
    expect((await ask('/v1/rankings/best-sellers?window=2d')).body.errors[0]?.parameter).to.equal('window')
  })

  it('is refused, rather than empty, when it is not known because the store is away', async () => {
    const { opened, ask, orders } = await setUp()
    await using _opened = opened
    orders.setAvailable(false)
    expect((await ask('/v1/rankings/best-sellers')).status).to.equal(503)
  })
})
