import { expect } from 'chai'
import { createApp } from '#internal/http/app.ts'
import { listen } from '#internal/http/listen.ts'
import { createFakeOrdersStore } from '#internal/orders/fake-store.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { startTestRecommendations } from './test-support.ts'
import type { CartAnswer } from './bought-together.ts'

const now = Date.parse('2026-11-01T10:00:00.000Z')
const pairs = [
  { productId: 'hat', otherProductId: 'scarf', support: 12, score: 0.5 },
  { productId: 'hat', otherProductId: 'glove', support: 4, score: 0.25 },
  { productId: 'hat', otherProductId: 'gone', support: 90, score: 0.9 },
  { productId: 'shoe', otherProductId: 'glove', support: 6, score: 0.375 },
  { productId: 'shoe', otherProductId: 'hat', support: 5, score: 0.125 },
]

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

/** A shop that sells no `gone` any more. */
async function setUp() {
  const opened = new AsyncDisposableStack()
  const orders = createFakeOrdersStore()
  const version = { id: '1', snapshotAt: now }
  const products = ['hat', 'scarf', 'glove', 'shoe', 'sock', 'belt'].map((productId, i) => ({
    productId,
    categoryId: ['shoe', 'sock'].includes(productId) ? 'feet' : 'wear',
    title: null,
    price: 10 * (i + 1),
    inStock: productId !== 'scarf',
    createdAt: null,
  }))
  const ranked = ['hat', 'sock', 'glove'].map((productId, i) => ({ productId, buyers: 9 - i, quantity: 9 }))
  await orders.writeProducts(version, each(products))
  await orders.writeRankings(version, each([{ category: null, window: '30d' as const, products: ranked }]))
  await orders.writeBoughtTogether(version, each(pairs))
  for (const set of ['products', 'rankings', 'bought-together'] as const) await orders.publish(set, version)

  const { service, metrics } = await startTestRecommendations({ now: () => now, orders })
  opened.use(service)
  const app = createApp({ routes: service.routes, logger: silentLogger, metrics })
  const server = opened.use(
    await listen({ app, host: '127.0.0.1', port: 0, portSetting: '--port', auth: 'loopback' }),
  )
  async function ask(path: string, init?: RequestInit) {
    const answer = await fetch(`${server.url}${path}`, init)
    return {
      status: answer.status,
      body: (await answer.json()) as CartAnswer & { errors: { parameter?: string; pointer?: string }[] },
    }
  }
  const headers = { 'content-type': 'application/json' }
  const askCart = (body: unknown) =>
    ask('/v1/bought-together', { method: 'POST', headers, body: JSON.stringify(body) })
  return { opened, orders, ask, askCart }
}

const idsOf = ({ items }: CartAnswer) => items.map(({ productId }) => productId)

describe('bought together', () => {
  it('answers for one product, with the orders that hold both, and leaves out what has left the shop', async () => {
    const { opened, ask } = await setUp()
    await using _ = opened
    expect(await ask('/v1/products/hat/bought-together')).to.deep.equal({
      status: 200,
      body: {
        recommendationId: '0',
        degraded: false,
        notEnoughData: false,
        items: [
          {
            productId: 'scarf',
            score: 0.5,
            source: 'bought-together',
            because: { product: 'hat', support: 12 },
          },
          {
            productId: 'glove',
            score: 0.25,
            source: 'bought-together',
            because: { product: 'hat', support: 4 },
          },
        ],
      },
    })
  })

  it('answers for a cart, with nothing that is in it', async () => {
    const { opened, askCart } = await setUp()
    await using _ = opened
    const { body } = await askCart({ products: ['hat', 'shoe', 'hat'] })
    expect(body.items).to.deep.equal([
      {
        productId: 'glove',
        score: 0.625,
        source: 'bought-together',
        because: { product: 'shoe', support: 6 },
      },
      { productId: 'scarf', score: 0.5, source: 'bought-together', because: { product: 'hat', support: 12 } },
    ])
  })

  it('says that there is not enough data rather than bringing anything', async () => {
    const { opened, ask, askCart } = await setUp()
    await using _ = opened
    for (const { body } of [
      await ask('/v1/products/belt/bought-together'),
      await askCart({ products: ['belt'] }),
    ]) {
      expect(body).to.deep.include({ notEnoughData: true, items: [], degraded: false })
    }
    const filtered = await ask('/v1/products/hat/bought-together?min-price=1000')
    expect(filtered.body, 'a filter is no lack of data').to.deep.include({ notEnoughData: false, items: [] })
  })

  it('keeps to the filters', async () => {
    const { opened, ask, askCart } = await setUp()
    await using _ = opened
    for (const [query, left] of [
      ['in-stock=true', ['glove']],
      ['in-stock=false', ['scarf']],
      ['max-price=20', ['scarf']],
      ['category=feet', []],
      ['exclude=scarf', ['glove']],
      ['limit=1', ['scarf']],
    ] as const) {
      expect(idsOf((await ask(`/v1/products/hat/bought-together?${query}`)).body), query).to.deep.equal(left)
    }
    const filters = { 'in-stock': true, 'max-price': 30, category: ['wear'], limit: 1 }
    expect(idsOf((await askCart({ products: ['hat'], ...filters })).body)).to.deep.equal(['glove'])
  })

  it('is filled up with best sellers only when asked, and they say so', async () => {
    const { opened, ask } = await setUp()
    await using _ = opened
    const { body } = await ask('/v1/products/hat/bought-together?fill=best-sellers')
    expect(idsOf(body)).to.deep.equal(['scarf', 'glove', 'sock'])
    expect(body.items[2]).to.deep.equal({
      productId: 'sock',
      score: 0,
      source: 'best-sellers',
      because: { window: '30d', buyers: 8 },
    })
    const nothing = await ask('/v1/products/belt/bought-together?fill=best-sellers')
    expect(nothing.body.notEnoughData).to.equal(true)
    expect(idsOf(nothing.body)).to.deep.equal(['hat', 'sock', 'glove'])
  })

  it('goes on with what is in memory while the store is away, and says so', async () => {
    const { opened, ask, askCart, orders } = await setUp()
    await using _ = opened
    await ask('/v1/products/hat/bought-together')
    orders.setAvailable(false)
    const { body } = await askCart({ products: ['hat', 'shoe'] })
    expect(body).to.include({ degraded: true, notEnoughData: false })
    expect(idsOf(body)).to.deep.equal(['scarf', 'glove'])
    expect((await ask('/v1/products/shoe/bought-together')).status, 'not known').to.equal(503)
  })

  it('names what is wrong with a question', async () => {
    const { opened, ask, askCart } = await setUp()
    await using _ = opened
    for (const [body, pointer] of [
      [{}, '/products'],
      [{ products: [] }, '/products'],
      [{ products: Array.from({ length: 51 }, (_, i) => `p${i}`) }, '/products'],
      [{ products: ['hat', ''] }, '/products/1'],
      [{ products: ['hat'], limit: 0 }, '/limit'],
      [{ products: ['hat'], limit: '5' }, '/limit'],
      [{ products: ['hat'], 'min-price': 5, 'max-price': 4 }, '/max-price'],
      [{ products: ['hat'], fill: 'all' }, '/fill'],
      [{ products: ['hat'], colour: 'red' }, ''],
    ] as const) {
      const answer = await askCart(body)
      expect(answer.status, JSON.stringify(body)).to.equal(400)
      expect(answer.body.errors[0]?.pointer, JSON.stringify(body)).to.equal(pointer)
    }
    for (const [query, parameter] of [
      ['seen=include', 'seen'],
      ['in-stock=maybe', 'in-stock'],
      ['fill=all', 'fill'],
      ['min-price=5&max-price=4', 'max-price'],
    ]) {
      const answer = await ask(`/v1/products/hat/bought-together?${query}`)
      expect(answer.body.errors[0]?.parameter, query).to.equal(parameter)
    }
  })
})
