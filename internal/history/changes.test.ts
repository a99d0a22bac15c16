import { expect } from 'chai'
import fc from 'fast-check'
import { isId } from '#internal/domain/id.ts'
import { InvalidInput, Unavailable } from '#internal/errors/errors.ts'
import { createFakeLog } from '#internal/eventlog/fake-log.ts'
import { historyChangesTopic, topics } from '#internal/eventlog/topics.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { changeToRecord, createHistoryService, parseChange } from './changes.ts'
import { createFakeHistoryStore } from './fake-store.ts'
import { defaultHistoryTtl } from './store.ts'
import type { HistoryChange } from './changes.ts'

const now = Date.parse('2026-11-01T10:00:00.000Z')
const view = (productId: string, at: number, userId = 'user-1') => ({
  messageId: `${productId}@${at}`,
  userId,
  productId,
  source: 'desktop',
  timestamp: at,
  effectiveTime: at,
})

async function service() {
  const log = createFakeLog({ now: () => now })
  await log.ensureTopics(topics({ partitions: 2, historyTtlMs: defaultHistoryTtl.historyMs }))
  const store = createFakeHistoryStore({ ttl: defaultHistoryTtl, now: () => now })
  return { log, store, history: createHistoryService({ log, store, logger: silentLogger }) }
}

describe('a change of a history', () => {
  const id = fc.string({ unit: 'binary' }).filter(isId)
  const newest = fc.option(fc.integer({ min: 0, max: 4e12 }))
  const change: fc.Arbitrary<HistoryChange> = fc.oneof(
    fc.record({ change: fc.constant('forget-product' as const), userId: id, productId: id, newest }),
    fc.record({ change: fc.constant('forget-user' as const), userId: id, newest }),
    fc
      .record({ change: fc.constant('merge' as const), userId: id, guestId: id, newest })
      .filter(({ userId, guestId }) => userId !== guestId),
  )

  it('is read as it was written, after whatever the person whose history shrinks had asked for before', () => {
    fc.assert(
      fc.property(change, wish => {
        const record = changeToRecord(wish)
        expect(record.key).to.equal(wish.change === 'merge' ? wish.guestId : wish.userId)
        expect(parseChange(record.value)).to.deep.equal(wish)
      }),
    )
  })

  it('that is none is told apart, never thrown over', () => {
    const anything = fc.oneof(
      fc.uint8Array().map(bytes => Buffer.from(bytes)),
      fc.json().map(text => Buffer.from(text)),
    )
    fc.assert(fc.property(anything, bytes => parseChange(bytes) === null))
    expect(parseChange(null)).to.equal(null)
    expect(parseChange(Buffer.from('['.repeat(10_000)))).to.equal(null)
    for (const text of [
      '{"change":"forget-user","userid":"u","newest":"soon"}',
      '{"change":"merge","userid":"u","newest":null}',
      '{"change":"merge","userid":"u","guestid":"u","newest":null}',
      '{"change":"merge","userid":"u","guestid":"","newest":null}',
    ]) {
      expect(parseChange(Buffer.from(text)), text).to.equal(null)
    }
  })
})

describe('forgetting', () => {
  it('is in the log and in the store when it is answered, and beats a view from a clock that runs ahead', async () => {
    const { log, store, history } = await service()
    await store.recordViews([view('a', now + 60_000), view('b', now - 1)])
    await history.forgetProduct('user-1', 'a')
    expect((await history.latest('user-1', { limit: 10 })).items.map(item => item.productId)).to.deep.equal([
      'b',
    ])
    expect(log.records(historyChangesTopic).map(record => parseChange(record.value))).to.deep.equal([
      { change: 'forget-product', userId: 'user-1', productId: 'a', newest: now + 60_000 },
    ])
    await store.recordViews([view('a', now + 60_000)])
    expect((await history.latest('user-1', { limit: 10 })).items.map(item => item.productId)).to.deep.equal([
      'b',
    ])
  })

  it('of a whole history leaves nothing of it', async () => {
    const { store, history } = await service()
    await store.recordViews([view('a', now - 2), view('b', now - 1)])
    await history.forgetUser('user-1')
    expect((await history.latest('user-1', { limit: 10 })).items).to.deep.equal([])
  })

  it('holds while the store is away: the wish is in the log', async () => {
    const { log, history, store } = await service()
    store.setAvailable(false)
    await history.forgetUser('user-1')
    expect(log.records(historyChangesTopic).map(record => parseChange(record.value))).to.deep.equal([
      { change: 'forget-user', userId: 'user-1', newest: null },
    ])
  })

  it('is refused while the log is away, and nothing is forgotten', async () => {
    const { log, store, history } = await service()
    await store.recordViews([view('a', now - 1)])
    log.setAvailable(false)
    const failure = await history.forgetUser('user-1').catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(Unavailable)
    expect((await history.latest('user-1', { limit: 10 })).items).to.have.length(1)
  })
})

describe('taking over a guest', () => {
  const productsOf = async ({ history }: Awaited<ReturnType<typeof service>>, userId: string) =>
    (await history.latest(userId, { limit: 10 })).items.map(({ productId }) => productId)

  it('is in the log when it is answered, and in the store as far as that holds the guest', async () => {
    const made = await service()
    const { log, store, history } = made
    await store.recordViews([
      view('a', now - 3),
      view('b', now - 2, 'guest-1'),
      view('c', now + 60_000, 'guest-1'),
    ])
    await history.merge('user-1', 'guest-1')
    expect(await productsOf(made, 'user-1')).to.deep.equal(['c', 'b', 'a'])
    expect(await productsOf(made, 'guest-1')).to.deep.equal([])
    expect(log.records(historyChangesTopic).map(record => parseChange(record.value))).to.deep.equal([
      { change: 'merge', userId: 'user-1', guestId: 'guest-1', newest: now + 60_000 },
    ])
  })

  it('does not bring back what the guest had forgotten while the store was away', async () => {
    const made = await service()
    const { store, history } = made
    await store.recordViews([view('a', now - 2, 'guest-1'), view('b', now - 1, 'guest-1')])
    store.setAvailable(false)
    await history.forgetProduct('guest-1', 'a')
    store.setAvailable(true)
    await history.merge('user-1', 'guest-1')
    expect(await productsOf(made, 'user-1')).to.not.include('a')
  })

  it('holds while the store is away, and is refused while the log is', async () => {
    const { log, history, store } = await service()
    store.setAvailable(false)
    await history.merge('user-1', 'guest-1')
    expect(log.records(historyChangesTopic)).to.have.length(1)
    log.setAvailable(false)
    const failure = await history.merge('user-1', 'guest-1').catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(Unavailable)
  })

  it('of oneself is refused, and names the field', async () => {
    const { log, history } = await service()
    const failure = await history.merge('user-1', 'user-1').catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(InvalidInput)
    expect((failure as InvalidInput).field).to.equal('/guestId')
    expect(log.records(historyChangesTopic)).to.deep.equal([])
  })
})
