import { expect } from 'chai'
import { viewToJson } from '#internal/domain/product-view-json.ts'
import { InvalidInput, Unavailable } from '#internal/errors/errors.ts'
import { createFakeLog } from '#internal/eventlog/fake-log.ts'
import { deadLetterTopic, historyChangesTopic, productViewsTopic, topics } from '#internal/eventlog/topics.ts'
import { changesGroup, changeToRecord } from '#internal/history/changes.ts'
import { createFakeHistoryStore } from '#internal/history/fake-store.ts'
import { defaultHistoryTtl } from '#internal/history/store.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { deadLetterReasons } from './dead-letters.ts'
import { loaderGroup, startLoader } from './loader.ts'
import { replayDeadLetters } from './replay.ts'
import { eventually } from './test-support.ts'
import type { ProductView } from '#internal/domain/product-view.ts'
import type { EventLog, NewRecord } from '#internal/eventlog/log.ts'
import type { HistoryStore } from '#internal/history/store.ts'

const now = Date.parse('2026-11-01T10:00:00.000Z')

const view = (userId: string, productId: string, timestamp = now - 1_000): ProductView => ({
  messageId: `${userId} saw ${productId} at ${timestamp}`,
  userId,
  productId,
  source: 'desktop',
  timestamp,
})
const good = (seen: ProductView): NewRecord => ({
  key: seen.userId,
  value: Buffer.from(viewToJson(seen)),
  headers: { 'received-at': new Date(now - 50).toISOString() },
})
/** One of each kind that no view may be made of. */
const poisonous: readonly (Buffer | null)[] = [
  null,
  Buffer.alloc(0),
  Buffer.from([0x7b, 0xff, 0x7d]),
  Buffer.alloc(2_000_000, 0x61),
  Buffer.from(viewToJson(view('user-1', 'a'))).subarray(0, 60),
  ...[
    '['.repeat(10_000),
    'null',
    '[]',
    'NaN',
    '{"event":"OrderPlaced","userid":"user-1","properties":{"productid":"a"}}',
    '{"__proto__":{"event":"ProductView","userid":"user-1","properties":{"productid":"a"}}}',
    '{"event":"ProductView","userid":1e400,"properties":{"productid":"a"}}',
    '{"event":"ProductView","userid":"user-1","properties":{"productid":"\\ud800"}}',
    '{"event":"ProductView","userid":"user-1","properties":{"productid":"a\\u0000"}}',
    '{"event":"ProductView","userid":"user-1","userid":"","properties":{"productid":"a"}}',
    '{"event":"ProductView","userid":"user-1","properties":{"productid":"a"},"timestamp":"yesterday"}',
    '{"event":"ProductView","userid":"user-1","properties":{"productid":"a"},"timestamp":"1969-07-20T20:17:00Z"}',
  ].map(text => Buffer.from(text)),
]

const bad = (value: Buffer | string | null, headers = {}): NewRecord => ({
  key: 'user-1',
  value: typeof value === 'string' ? Buffer.from(value) : value,
  headers,
})

async function setUp() {
  const log = createFakeLog({ now: () => now })
  await log.ensureTopics(topics({ partitions: 3, historyTtlMs: defaultHistoryTtl.historyMs }))
  const store = createFakeHistoryStore({ ttl: defaultHistoryTtl, now: () => now })
  const metrics = createMetrics({ service: 'loader', version: '0' })
  const start = (history: HistoryStore = store, more: { maxBatch?: number; concurrency?: number } = {}) =>
    startLoader({ log, history, logger: silentLogger, metrics, now: () => now, ...more })
  const products = async (userId: string) =>
    (await store.latest(userId, { limit: 100 })).items.map(({ productId }) => productId)
  return { log, store, metrics, start, products }
}

async function caughtUp(log: EventLog): Promise<void> {
  await eventually(async () => {
    const lags = [
      ...(await log.lag(loaderGroup, productViewsTopic)),
      ...(await log.lag(changesGroup, historyChangesTopic)),
    ]
    return lags.every(({ records }) => records === 0n)
  })
}

describe('the loader', () => {
  it('carries views into the store and counts them', async () => {
    const { log, start, products, metrics } = await setUp()
    await using loader = start()
    await log.append(productViewsTopic, [
      good(view('user-1', 'a', now - 3)),
      good(view('user-1', 'b', now - 2)),
      good(view('user-2', 'c')),
    ])
    await caughtUp(log)
    expect(await products('user-1')).to.deep.equal(['b', 'a'])
    expect(await products('user-2')).to.deep.equal(['c'])
    expect(loader.readiness()).to.equal(null)
    const { body } = await metrics.scrape()
    expect(body).to.contain('vitrine_views_loaded_total 3')
    expect(body).to.contain('vitrine_view_to_store_seconds_count 3')
  })

  it('takes no view for later than the log has it', async () => {
    const { log, start, store } = await setUp()
    await using _loader = start()
    await log.append(productViewsTopic, [good(view('user-1', 'a', now + 60_000))])
    await caughtUp(log)
    expect(await store.newestEffectiveTime('user-1')).to.equal(now)
  })

  it('forgets what it is told to, whichever of view and wish comes first', async () => {
    const { log, start, products } = await setUp()
    await log.append(historyChangesTopic, [
      changeToRecord({ change: 'forget-product', userId: 'user-1', productId: 'a', newest: null }),
      changeToRecord({ change: 'forget-user', userId: 'user-2', newest: null }),
    ])
    await log.append(productViewsTopic, [
      good(view('user-1', 'a')),
      good(view('user-1', 'b')),
      good(view('user-2', 'c')),
    ])
    await using _loader = start()
    await caughtUp(log)
    expect(await products('user-1')).to.deep.equal(['b'])
    expect(await products('user-2')).to.deep.equal([])
  })

  it('takes a guest over with all views that were in the log before, however far behind it is with them', async () => {
    const { log, store, start, products } = await setUp()
    const views = Array.from({ length: 40 }, (_, i) => view('guest-1', `product-${i}`, now - 100 + i))
    await log.append(productViewsTopic, views.map(good))
    await log.append(
      historyChangesTopic,
      ['user-1', 'user-2', 'user-3'].map((userId, i) =>
        changeToRecord({ change: 'merge', userId, guestId: `guest-${i + 1}`, newest: null }),
      ),
    )
    const slow: HistoryStore = {
      ...store,
      async recordViews(some) {
        // Later than whatever else there is to do.
        for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve))
        await store.recordViews(some)
      },
    }
    await using _loader = start(slow, { maxBatch: 1, concurrency: 1 })
    await caughtUp(log)
    expect(await products('user-1')).to.deep.equal(views.map(({ productId }) => productId).reverse())
    expect(await products('guest-1')).to.deep.equal([])
  })

  it('takes a guest over once the store is back, without what the guest had forgotten', async () => {
    const { log, store, start, products } = await setUp()
    store.setAvailable(false)
    await using _loader = start()
    await log.append(productViewsTopic, [good(view('guest-1', 'a')), good(view('guest-1', 'b'))])
    await log.append(historyChangesTopic, [
      changeToRecord({ change: 'forget-product', userId: 'guest-1', productId: 'a', newest: null }),
      changeToRecord({ change: 'merge', userId: 'user-1', guestId: 'guest-1', newest: null }),
    ])
    store.setAvailable(true)
    await caughtUp(log)
    expect(await products('user-1')).to.deep.equal(['b'])
  })

  it('ends in time also while a merge waits for views that cannot be loaded', async () => {
    const { log, store, start } = await setUp()
    const refusing: HistoryStore = { ...store, recordViews: () => Promise.reject(new Unavailable('away')) }
    const loader = start(refusing)
    await log.append(productViewsTopic, [good(view('guest-1', 'a'))])
    await log.append(historyChangesTopic, [
      changeToRecord({ change: 'merge', userId: 'user-1', guestId: 'guest-1', newest: null }),
    ])
    await new Promise(resolve => setTimeout(resolve, 200))
    await loader[Symbol.asyncDispose]()
    const lags = await log.lag(changesGroup, historyChangesTopic)
    expect(lags.reduce((sum, { records }) => sum + records, 0n)).to.equal(1n)
  }).timeout(15_000)

  it('keeps what it cannot understand, byte by byte, with its reason and origin, and goes on', async () => {
    const { log, start, products } = await setUp()
    const poison = poisonous.map((value, i) => bad(value, { 'x-shop': String(i) }))
    await log.append(productViewsTopic, [good(view('user-1', 'a')), ...poison, good(view('user-1', 'b'))])
    await log.append(historyChangesTopic, [bad('{"change":"forget-all"}')])
    await using _loader = start()
    await caughtUp(log)
    expect(await products('user-1')).to.have.members(['a', 'b'])

    const letters = log.records(deadLetterTopic)
    const ofViews = letters.filter(({ headers }) => headers['dead-letter-topic'] === productViewsTopic)
    expect(ofViews.map(({ value }) => value)).to.deep.equal(poison.map(({ value }) => value))
    expect(letters).to.have.length(poison.length + 1)
    expect(ofViews[0]?.headers).to.include({ 'x-shop': '0', 'dead-letter-offset': '1' })
    for (const { headers } of letters) expect(headers['dead-letter-reason']).to.match(/^[a-z0-9-]+$/)
  })

  it('shows at the start that there are no dead letters of any kind, so that an alert sees the first', async () => {
    const { start, metrics } = await setUp()
    await using _loader = start()
    const { body } = await metrics.scrape()
    for (const reason of deadLetterReasons)
      expect(body).to.contain(`vitrine_dead_letters_total{reason="${reason}"} 0`)
  })

  it('loses nothing and makes no dead letter twice while the store is away', async () => {
    const { log, start, store, products } = await setUp()
    store.setAvailable(false)
    await using _loader = start()
    await log.append(productViewsTopic, [good(view('user-1', 'a')), bad('{'), good(view('user-1', 'b'))])
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(log.records(deadLetterTopic)).to.deep.equal([])
    store.setAvailable(true)
    await caughtUp(log)
    expect(await products('user-1')).to.have.members(['a', 'b'])
    expect(log.records(deadLetterTopic)).to.have.length(1)
  })

  it('is not held up by a view that the store will never take', async () => {
    const { log, start, store, products } = await setUp()
    const refusing: HistoryStore = {
      ...store,
      async recordViews(views) {
        if (views.some(({ productId }) => productId === 'poison')) throw new InvalidInput('cannot be stored')
        await store.recordViews(views)
      },
    }
    await log.append(productViewsTopic, [
      good(view('user-1', 'a')),
      good(view('user-1', 'poison')),
      good(view('user-1', 'b')),
    ])
    await using _loader = start(refusing)
    await caughtUp(log)
    expect(await products('user-1')).to.have.members(['a', 'b'])
    expect(log.records(deadLetterTopic).map(({ headers }) => headers['dead-letter-reason'])).to.deep.equal([
      'refused-by-store',
    ])
  })
})

describe('replaying dead letters', () => {
  it('gives back what can be understood by now, once, as it was, and leaves the rest', async () => {
    const { log, store, start, products } = await setUp()
    const refusing: HistoryStore = {
      ...store,
      recordViews: () => Promise.reject(new InvalidInput('cannot be stored')),
    }
    const original = good(view('user-1', 'a'))
    await log.append(productViewsTopic, [original, bad('{')])
    {
      await using _loader = start(refusing)
      await caughtUp(log)
    }
    const progress: number[] = []
    const counts = await replayDeadLetters({ log, onProgress: ({ replayed }) => progress.push(replayed) })
    expect(counts).to.deep.equal({ replayed: 1, left: 1 })
    expect(progress.at(-1)).to.equal(1)

    const back = log.records(productViewsTopic).at(-1)
    expect(back?.value).to.deep.equal(original.value)
    expect(back?.key).to.equal(original.key)
    expect(back?.headers).to.deep.equal({
      ...original.headers,
      'original-append-time': new Date(now).toISOString(),
    })
    expect(await replayDeadLetters({ log })).to.deep.equal({ replayed: 0, left: 0 })
    expect(log.records(deadLetterTopic)).to.have.length(2)

    await using _loader = start()
    await caughtUp(log)
    expect(await products('user-1')).to.deep.equal(['a'])
  })
})
