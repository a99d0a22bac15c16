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
  warming: boolean
  degraded: boolean
  items: { productId: string; source: string; because: Record<string, unknown> }[]
  errors: { parameter: string; pointer: string }[]
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
  const { service, metrics, view, log } = await startTestRecommendations({ now: () => now, history, orders })
  opened.use(service)
  const app = createApp({ routes: service.routes, logger: silentLogger, metrics })
  const server = opened.use(
    await listen({ app, host: '127.0.0.1', port: 0, portSetting: '--port', auth: 'loopback' }),
  )
  async function call(path: string, init: RequestInit) {
    const answer = await fetch(`${server.url}${path}`, init)
    return { status: answer.status, body: (await answer.json()) as Body }
  }
  const ask = (path: string, headers: Record<string, string> = {}) => call(path, { headers })
  const post = (path: string, body: unknown) =>
    call(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  return { opened, orders, ask, post, view, log }
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

describe('the recommendations for a guest', () => {
  it('go by the products of the visit, under the filters of the body', async () => {
    const { opened, post, view } = await setUp()
    await using _opened = opened
    for (const user of ['ann', 'ben']) await view(user, ['product-1', 'product-2', 'product-5'])
    const asked = { products: ['product-1'], limit: 3 }
    const { status, body } = await post('/v1/recommendations', asked)
    expect(status).to.equal(200)
    expect(body).to.include({ type: 'personalized', degraded: false, warming: false })
    expect(body.items.map(({ productId }) => productId)).to.include.members(['product-2', 'product-5'])
    expect(body.items[0]?.source).to.equal('sessions')
    expect(body.items[0]?.because).to.include({ product: 'product-1', visitors: 2 })
    const filtered = await post('/v1/recommendations', {
      ...asked,
      category: ['hats'],
      exclude: ['product-5'],
    })
    expect(filtered.body.items).to.have.length(3)
    for (const { productId } of filtered.body.items) {
      expect(Number(productId.slice(8)) % 2).to.equal(1)
      expect(productId).to.not.be.oneOf(['product-1', 'product-5'])
    }
  })

  it('are full also for a visit that just begins', async () => {
    const { opened, post } = await setUp()
    await using _opened = opened
    const { body } = await post('/v1/recommendations', { products: [] })
    expect(body.type).to.equal('non-personalized')
    expect(body.items).to.have.length(10)
  })

  it('name what is wrong with a body', async () => {
    const { opened, post } = await setUp()
    await using _opened = opened
    for (const [change, field] of [
      [{ products: 'product-1' }, '/products'],
      [{ products: ['a', ''] }, '/products/1'],
      [{ products: Array.from({ length: 65 }, () => 'a') }, '/products'],
      [{ limit: 0 }, '/limit'],
      [{ 'min-price': 2, 'max-price': 1 }, '/max-price'],
      [{ seen: true }, '/seen'],
    ] as const) {
      const { status, body } = await post('/v1/recommendations', { products: [], ...change })
      expect(status, field).to.equal(400)
      expect(body.errors[0]?.pointer).to.equal(field)
    }
    expect((await post('/v1/recommendations', { products: [], bought: 'include' })).status).to.equal(400)
  })
})

describe('the products similar to one', () => {
  it('come with the visitors who viewed both, under the filters of the query', async () => {
    const { opened, ask, view } = await setUp()
    await using _opened = opened
    for (const user of ['ann', 'ben']) await view(user, ['product-1', 'product-2', 'product-5'])
    const { body } = await ask('/v1/products/product-1/similar')
    expect(body.items.map(({ productId }) => productId)).to.deep.equal(['product-2', 'product-5'])
    const because = { kind: 'viewed-together', product: 'product-1', visitors: 2 }
    expect(body.items[0]?.because).to.deep.equal(because)
    const hats = await ask('/v1/products/product-1/similar?category=hats')
    expect(hats.body.items.map(({ productId }) => productId)).to.deep.equal(['product-5'])
    expect((await ask('/v1/products/unheard-of/similar')).body.items).to.deep.equal([])
    expect((await ask('/v1/products/product-1/similar?seen=include')).status).to.equal(400)
  })
})

describe('the list of what is trending', () => {
  it('is that of the shop or of a category, with titles, and without what left the shop', async () => {
    const { opened, ask, view, log } = await setUp()
    await using _opened = opened
    await view('ann', ['product-1', 'product-2', 'left'])
    await view('ben', ['product-1', 'left'])
    const items = [
      { productId: 'product-1', title: 'Product 1', views: 2 },
      { productId: 'product-2', title: 'Product 2', views: 1 },
    ]
    const { body } = await ask('/v1/rankings/trending')
    expect(body).to.deep.equal({ degraded: false, warming: false, items })
    expect((await ask('/v1/rankings/trending?limit=1')).body.items).to.deep.equal(items.slice(0, 1))
    expect((await ask('/v1/rankings/trending?category=shoes')).body.items).to.deep.equal(items.slice(1))
    log.setAvailable(false)
    expect((await ask('/v1/rankings/trending')).body).to.deep.equal({ degraded: true, warming: false, items })
  })
})
