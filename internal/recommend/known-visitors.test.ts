import { expect } from 'chai'
import { createFakeHistoryStore } from '#internal/history/fake-store.ts'
import { defaultHistoryTtl } from '#internal/history/store.ts'
import { createFakeOrdersStore } from '#internal/orders/fake-store.ts'
import { createKnownVisitors } from './known-visitors.ts'
import { createStoreGuard, startDeadline } from './store-guard.ts'
import type { HistoryItem, HistoryStore } from '#internal/history/store.ts'
import type { OrdersReader } from '#internal/orders/store.ts'

const start = Date.UTC(2026, 10, 1)
const minute = 60_000
const day = 24 * 60 * minute

/** Visitors on fakes, with the reads counted and a clock to be moved. */
function setUp({
  latest,
  boughtSince,
}: {
  latest?: HistoryStore['latest']
  boughtSince?: OrdersReader['boughtSince']
} = {}) {
  const clock = { now: start }
  const now = () => clock.now
  const store = createFakeHistoryStore({ ttl: defaultHistoryTtl, now })
  const orders = createFakeOrdersStore({ now })
  const reads = { history: 0, orders: 0 }
  const forgotten = new Set<string>()
  const visitors = createKnownVisitors({
    history: {
      latest(...question) {
        reads.history++
        return latest === undefined ? store.latest(...question) : latest(...question)
      },
    },
    orders: {
      boughtSince(...question) {
        reads.orders++
        return boughtSince === undefined ? orders.boughtSince(...question) : boughtSince(...question)
      },
    },
    guard: createStoreGuard({ pauseMs: 0 }),
    isHis: (userId, productId) => !forgotten.has(`${userId} ${productId}`),
    now,
  })
  const see = (userId: string, ...productIds: string[]) =>
    store.recordViews(
      productIds.map((productId, i) => ({
        messageId: `${userId} ${productId}`,
        userId,
        productId,
        source: 'desktop',
        timestamp: start - 1_000 + i,
        effectiveTime: start - 1_000 + i,
      })),
    )
  const viewedBy = async (userId: string) => [...(await visitors.of(userId, null)).viewed]
  return { clock, store, orders, reads, forgotten, visitors, see, viewedBy }
}

describe('what is known of visitors', () => {
  it('is read once, the newest product first, and again after five minutes', async () => {
    const { clock, reads, see, viewedBy } = setUp()
    await see('ann', 'a', 'b')
    expect(await viewedBy('ann')).to.deep.equal(['b', 'a'])
    await see('ann', 'c')
    expect(await viewedBy('ann')).to.deep.equal(['b', 'a'])
    expect(reads.history).to.equal(1)
    clock.now += 5 * minute
    expect(await viewedBy('ann')).to.have.members(['a', 'b', 'c'])
  })

  it('holds what was bought since the time asked for, read once as long as that stays the same', async () => {
    const { orders, reads, visitors } = setUp()
    const line = { productId: 'a', categoryId: 'c', quantity: 1, userId: 'ann', orderedAt: start - 10 * day }
    await orders.replaceOrders([{ orderId: 'o', lines: [{ ...line, orderId: 'o' }] }], start)
    for (const [rebuyAfterMs, bought] of [
      [5 * day, []],
      [30 * day, ['a']],
      [30 * day, ['a']],
      [5 * day, []],
    ] as const) {
      expect([...(await visitors.of('ann', rebuyAfterMs)).bought]).to.deep.equal(bought)
    }
    expect(reads).to.deep.equal({ history: 1, orders: 3 })
  })

  it('is read anew once it has changed', async () => {
    const { store, visitors, see, viewedBy } = setUp()
    await see('ann', 'a', 'b')
    await viewedBy('ann')
    await store.forgetProduct('ann', 'b', start)
    visitors.forget('ann')
    expect(await viewedBy('ann')).to.deep.equal(['a'])
  })

  it('lacks what was forgotten also while the store still has it', async () => {
    const { forgotten, visitors, see, viewedBy } = setUp()
    await see('ann', 'a', 'b')
    await see('ben', 'b')
    const asked = viewedBy('ann')
    forgotten.add('ann b')
    visitors.forget('ann')
    expect(await asked).to.deep.equal(['a'])
    expect(await viewedBy('ann')).to.deep.equal(['a'])
    expect(await viewedBy('ben')).to.deep.equal(['b'])
  })

  it('is asked for all at once', async () => {
    const { reads, visitors } = setUp({ latest: () => new Promise(() => {}) })
    void visitors.of('ann', day)
    expect(reads).to.deep.equal({ history: 1, orders: 1 })
  })

  it('waits for the store no longer than the question does', async () => {
    const { visitors } = setUp({ latest: () => new Promise(() => {}) })
    expect((await visitors.of('ann', null, startDeadline(1))).complete).to.equal(false)
  })

  it('is what was read before while the store is away, and says what is missing or old', async () => {
    const { clock, store, orders, visitors, see } = setUp()
    await see('ann', 'a')
    await visitors.of('ann', day)
    store.setAvailable(false)
    orders.setAvailable(false)
    clock.now += 5 * minute - 1
    const shown = async (userId: string, rebuyAfterMs: number | null) => {
      const { viewed, complete } = await visitors.of(userId, rebuyAfterMs)
      return [[...viewed], complete]
    }
    expect(await shown('ann', day)).to.deep.equal([['a'], true])
    expect(await shown('ann', 2 * day)).to.deep.equal([['a'], false])
    clock.now += 1
    expect(await shown('ann', null)).to.deep.equal([['a'], false])
    expect(await shown('ben', null)).to.deep.equal([[], false])
  })

  it('is forgotten of those not asked for longest when there are too many, or they saw too much', async () => {
    const names = new Set(Array.from({ length: 10_000 }, (_, i) => `p-${i}`))
    const items = [...names].map(productId => ({ productId, viewedAt: start, source: 'desktop' }))
    const page = (items: readonly HistoryItem[]) => async () => ({ items, next: null, truncated: false })
    for (const { latest, bought, fit } of [
      { latest: page([]), bought: new Set<string>(), fit: 50_000 },
      { latest: page(items), bought: new Set<string>(), fit: 200 },
      { latest: page([]), bought: names, fit: 200 },
    ]) {
      const { reads, visitors } = setUp({ latest, boughtSince: async () => bought })
      for (let n = 0; n < fit; n++) await visitors.of(`user-${n}`, day)
      await visitors.of('user-0', day)
      expect(reads.history).to.equal(fit)
      await visitors.of('one-more', day)
      await visitors.of('user-0', day)
      expect(reads.history).to.equal(fit + 1)
      await visitors.of('user-1', day)
      expect(reads.history).to.equal(fit + 2)
    }
  }).timeout(20_000)
})
