import { expect } from 'chai'
import { createFakeLog } from '#internal/eventlog/fake-log.ts'
import { historyChangesTopic, topics } from '#internal/eventlog/topics.ts'
import { createApp } from '#internal/http/app.ts'
import { listen } from '#internal/http/listen.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { createHistoryService } from './changes.ts'
import { createFakeHistoryStore } from './fake-store.ts'
import { historyRoutes } from './routes.ts'
import { defaultHistoryTtl } from './store.ts'

const now = Date.parse('2026-11-01T10:00:00.000Z')
const latestProducts = '/api/v1/user_nav_history_latest_products/'

/** What the answers may hold; each test reads what its call promises. */
interface Body {
  products: string[]
  items: { productId: string }[]
  nextCursor: string | null
  errors: { parameter?: string; pointer?: string }[]
}

async function setUp() {
  const opened = new AsyncDisposableStack()
  const log = opened.use(createFakeLog({ now: () => now }))
  await log.ensureTopics(topics({ partitions: 1, historyTtlMs: defaultHistoryTtl.historyMs }))
  const store = createFakeHistoryStore({ ttl: defaultHistoryTtl, now: () => now })
  const routes = historyRoutes(createHistoryService({ log, store, logger: silentLogger }))
  const metrics = createMetrics({ service: 'api', version: '0' })
  const app = createApp({ routes, logger: silentLogger, metrics })
  const server = opened.use(
    await listen({ app, host: '127.0.0.1', port: 0, portSetting: '--port', auth: 'loopback' }),
  )
  async function ask(method: string, path: string, headers: Record<string, string> = {}, body?: unknown) {
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
    const answer = await fetch(`${server.url}${path}`, init)
    return {
      status: answer.status,
      body: (await answer.json()) as Body,
      cache: answer.headers.get('cache-control'),
    }
  }
  const see = (userId: string, ...productIds: string[]) =>
    store.recordViews(
      productIds.map((productId, i) => ({
        messageId: `${userId} ${productId}`,
        userId,
        productId,
        source: 'desktop',
        timestamp: now - 1_000 + i,
        effectiveTime: now - 1_000 + i,
      })),
    )
  return { opened, log, store, ask, see }
}

describe('the latest products of a user', () => {
  it('are the last 10, newest first', async () => {
    const { opened, ask, see } = await setUp()
    await using _opened = opened
    await see('user-78', ...Array.from({ length: 12 }, (_, i) => `product-${i}`))
    const answer = await ask('GET', latestProducts, { 'user-id': 'user-78' })
    expect(answer).to.deep.equal({
      status: 200,
      cache: 'no-store',
      body: {
        'user-id': 'user-78',
        products: [11, 10, 9, 8, 7, 6, 5, 4, 3, 2].map(i => `product-${i}`),
        type: 'personalized',
      },
    })
    expect(await ask('GET', latestProducts.slice(0, -1), { 'user-id': 'user-78' })).to.deep.equal(answer)
  })

  it('are none for a user of whom nothing is known', async () => {
    const { opened, ask } = await setUp()
    await using _opened = opened
    const { status, body } = await ask('GET', latestProducts, { 'user-id': 'nobody' })
    expect({ status, body }).to.deep.equal({
      status: 200,
      body: { 'user-id': 'nobody', products: [], type: 'non-personalized' },
    })
  })

  it('go one by one when asked to', async () => {
    const { opened, ask, see } = await setUp()
    await using _opened = opened
    await see('user-78', 'product-1', 'product-2')
    const headers = { 'user-id': 'user-78', 'product-id': 'product-2' }
    const { status, body } = await ask('DELETE', latestProducts, headers)
    expect({ status, body }).to.deep.equal({ status: 200, body: { Message: 'Transaction completed!' } })
    expect((await ask('GET', latestProducts, headers)).body.products).to.deep.equal(['product-1'])
  })

  it('are refused in the words of the older contract when a header is missing', async () => {
    const { opened, ask } = await setUp()
    await using _opened = opened
    const user = { status: 400, cache: 'no-store', body: { Error: 'Missing userid parameter' } }
    const product = { ...user, body: { Error: 'Missing productid parameter' } }
    expect(await ask('GET', latestProducts)).to.deep.equal(user)
    expect(await ask('GET', latestProducts, { 'user-id': '' })).to.deep.equal(user)
    expect(await ask('DELETE', latestProducts)).to.deep.equal(user)
    expect(await ask('DELETE', latestProducts, { 'user-id': 'user-78' })).to.deep.equal(product)
    expect(await ask('DELETE', latestProducts, { 'product-id': 'product-1' })).to.deep.equal(user)
    const long = await ask('GET', latestProducts, { 'user-id': 'x'.repeat(257) })
    expect(long.body).to.deep.equal({
      Error: 'user-id must be 1 to 256 bytes of UTF-8 without control characters',
    })
  })

  it('are found by an id beyond ASCII, sent as UTF-8', async () => {
    const { opened, ask, see } = await setUp()
    await using _opened = opened
    await see('käufer-\u{1f600}', 'product-1')
    const headers = { 'user-id': Buffer.from('käufer-\u{1f600}').toString('latin1') }
    const { body } = await ask('GET', latestProducts, headers)
    expect(body).to.deep.include({ 'user-id': 'käufer-\u{1f600}', products: ['product-1'] })
  })
})

describe('a history', () => {
  it('is read page by page, each product once', async () => {
    const { opened, ask, see } = await setUp()
    await using _opened = opened
    await see('user/78', 'a', 'b', 'c', 'd', 'e')
    const path = '/v1/users/user%2F78/history?limit=2'
    const first = await ask('GET', path)
    expect(first.body.items[0]).to.deep.equal({
      productId: 'e',
      viewedAt: '2026-11-01T09:59:59.004Z',
      source: 'desktop',
    })
    const second = await ask('GET', `${path}&cursor=${first.body.nextCursor}`)
    const third = await ask('GET', `${path}&cursor=${second.body.nextCursor}`)
    const seen = [first, second, third].flatMap(page => page.body.items.map(item => item.productId))
    expect(seen).to.deep.equal(['e', 'd', 'c', 'b', 'a'])
    expect(third.body).to.include({ nextCursor: null, truncated: false })
    expect(third.cache).to.equal('no-store')
  })

  it('names what is wrong with a request', async () => {
    const { opened, ask } = await setUp()
    await using _opened = opened
    for (const [query, field] of [
      ['limit=0', 'limit'],
      ['limit=101', 'limit'],
      ['limit=1e1', 'limit'],
      ['limit=5&limit=6', 'limit'],
      ['cursor=x', 'cursor'],
      ['page=2', 'page'],
    ]) {
      const { status, body } = await ask('GET', `/v1/users/user-1/history?${query}`)
      expect(status, query).to.equal(400)
      expect(body.errors[0]?.parameter, query).to.equal(field)
    }
  })

  it('is forgotten in part or as a whole', async () => {
    const { opened, ask, see } = await setUp()
    await using _opened = opened
    await see('user-1', 'a', 'b', 'c')
    const products = async () =>
      (await ask('GET', '/v1/users/user-1/history')).body.items.map(item => item.productId)
    expect((await ask('DELETE', '/v1/users/user-1/history/b')).status).to.equal(200)
    expect(await products()).to.deep.equal(['c', 'a'])
    expect((await ask('DELETE', '/v1/users/user-1/history')).status).to.equal(200)
    expect(await products()).to.deep.equal([])
  })

  it('is forgotten while the store is away, but not while the log is', async () => {
    const { opened, ask, store, log } = await setUp()
    await using _opened = opened
    store.setAvailable(false)
    expect((await ask('GET', '/v1/users/user-1/history')).status).to.equal(503)
    expect((await ask('DELETE', '/v1/users/user-1/history')).status).to.equal(200)
    log.setAvailable(false)
    expect((await ask('DELETE', '/v1/users/user-1/history')).status).to.equal(503)
  })
})

describe('a guest who logs in', () => {
  const merge = '/v1/users/user-1/merge'
  const json = { 'content-type': 'application/json' }

  it('keeps what the guest looked at, and repeats change nothing', async () => {
    const { opened, ask, see } = await setUp()
    await using _opened = opened
    await see('user-1', 'a')
    await see('guest-1', 'b', 'c')
    const products = async (user: string) =>
      (await ask('GET', `/v1/users/${user}/history`)).body.items.map(item => item.productId)
    for (let time = 0; time < 2; time += 1) {
      expect(await ask('POST', merge, json, { guestId: 'guest-1' })).to.deep.equal({
        status: 200,
        cache: 'no-store',
        body: { userId: 'user-1', guestId: 'guest-1' },
      })
      expect(await products('user-1')).to.deep.equal(['c', 'a', 'b'])
      expect(await products('guest-1')).to.deep.equal([])
    }
    expect((await ask('DELETE', '/v1/users/user-1/history')).status).to.equal(200)
    expect(await products('user-1')).to.deep.equal([])
  })

  it('is told by name what is wrong with the guest', async () => {
    const { opened, ask, log } = await setUp()
    await using _opened = opened
    for (const body of [{ guestId: 'user-1' }, { guestId: '' }, { guestId: 7 }, {}]) {
      const answer = await ask('POST', merge, json, body)
      expect(answer.status, JSON.stringify(body)).to.equal(400)
      expect(answer.body.errors[0]?.pointer, JSON.stringify(body)).to.equal('/guestId')
    }
    expect(log.records(historyChangesTopic)).to.deep.equal([])
  })

  it('is taken over while the store is away, but not while the log is', async () => {
    const { opened, ask, store, log } = await setUp()
    await using _opened = opened
    store.setAvailable(false)
    expect((await ask('POST', merge, json, { guestId: 'guest-1' })).status).to.equal(200)
    log.setAvailable(false)
    expect((await ask('POST', merge, json, { guestId: 'guest-1' })).status).to.equal(503)
  })
})
