import { expect } from 'chai'
import fc from 'fast-check'
import { createSessionIndex } from '#internal/recommend/index/session-index.ts'
import { applyToIndex } from '#internal/recommend/live/feed.ts'
import { applyChange } from './changes.ts'
import { createFakeHistoryStore } from './fake-store.ts'
import { maxUsers, rememberHistories, settleMs } from './remembered-histories.ts'
import type { HistoryChange } from './changes.ts'
import type { RecordedView } from '#internal/domain/product-view.ts'

const day = 86_400_000
const ttl = { historyMs: 2 * day, viewsMs: 10 * day }
/** The loader of these tests is never further behind. */
const behindMs = settleMs / 2

/** A log that a process hears at once and a loader carries into the store in its own time. */
function createWorld() {
  let time = Date.UTC(2026, 10, 1)
  const now = () => time
  const store = createFakeHistoryStore({ ttl, now })
  const index = createSessionIndex()
  const waiting: { at: number; load: () => Promise<unknown> }[] = []
  const answers = { memory: 0, store: 0 }
  const live = {
    hears: true,
    isHis: (userId: string, productId: string, at: number) => index.isOf(userId, productId, at),
    viewsOf: (userId: string) => index.latest(userId, Infinity),
  }
  const histories = rememberHistories({
    store,
    live,
    ttlMs: ttl.historyMs,
    now,
    onAnswer: from => answers[from]++,
  })

  async function load(until = Infinity): Promise<void> {
    for (let next = waiting[0]; next !== undefined && next.at <= until; next = waiting[0]) {
      waiting.shift()
      await next.load()
    }
  }

  async function pass(ms: number): Promise<void> {
    const end = time + ms
    for (let next = waiting[0]; next !== undefined && next.at + behindMs <= end; next = waiting[0]) {
      time = Math.max(time, next.at + behindMs)
      await load(next.at)
    }
    time = end
  }

  return {
    store,
    histories,
    live,
    answers,
    load,
    pass,
    view(view: Pick<RecordedView, 'userId' | 'productId' | 'source'>, agoMs = 0): void {
      const whole = { ...view, messageId: `${time}`, timestamp: time - agoMs, effectiveTime: time - agoMs }
      waiting.push({ at: time, load: () => store.recordViews([whole]) })
      histories.saw(whole)
      index.add({ ...view, time: whole.effectiveTime, arrivedAt: time })
    },
    change(change: HistoryChange): void {
      const at = time
      waiting.push({ at, load: () => applyChange(store, change, at) })
      applyToIndex(index, change, at)
      histories.forget(change.userId)
      if (change.change === 'merge') histories.forget(change.guestId)
    },
    /** Asks often enough for the user to be remembered. */
    async comeToKnow(userId: string): Promise<void> {
      await histories.latest(userId, { limit: 10 })
      await pass(settleMs)
      await histories.latest(userId, { limit: 10 })
    },
  }
}

const someUser = fc.constantFrom('ann', 'bob', 'cleo')
const someProduct = fc.constantFrom('p1', 'p2', 'p3', 'p4')
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('view' as const),
      userId: someUser,
      productId: someProduct,
      source: fc.constantFrom('app', 'desktop'),
      agoMs: fc.constantFrom(0, 0, 0, 1, 60_000, day, 3 * day),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      userId: someUser,
      limit: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(0, 1, 1_000, settleMs, 2 * settleMs, day),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('forget' as const),
      userId: someUser,
      productId: fc.option(someProduct),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('merge' as const), userId: someUser, guestId: someUser }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('load' as const) }) },
)

describe('remembered histories', () => {
  it('give page by page what the store gives once all of the log is in it, whatever happened', async () => {
    let fromMemory = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async steps => {
        const world = createWorld()
        const { store, histories } = world
        for (const one of steps) {
          if (one.do === 'view') world.view(one, one.agoMs)
          else if (one.do === 'pass') await world.pass(one.ms)
          else if (one.do === 'load') await world.load()
          else if (one.do === 'merge') {
            const { userId, guestId } = one
            if (userId !== guestId) world.change({ change: 'merge', userId, guestId, newest: null })
          } else if (one.do === 'forget') {
            const { userId, productId } = one
            const what =
              productId === null
                ? { change: 'forget-user' as const }
                : { change: 'forget-product' as const, productId }
            world.change({ userId, newest: null, ...what })
          } else {
            const first = await histories.latest(one.userId, { limit: one.limit })
            await world.load()
            const again = await histories.latest(one.userId, { limit: one.limit })
            const stored = await store.latest(one.userId, { limit: one.limit })
            expect(again).to.deep.equal(stored)
            const { next: after } = first
            if (after === null) continue
            expect(await histories.latest(one.userId, { limit: one.limit, after })).to.deep.equal(
              await store.latest(one.userId, { limit: one.limit, after }),
            )
          }
        }
        fromMemory += world.answers.memory
      }),
      { numRuns: 500 },
    )
    expect(fromMemory).to.be.greaterThan(100)
  })

  it('answer one who is asked for again and again without the store, views of the last moment among them', async () => {
    const world = createWorld()
    world.view({ userId: 'ann', productId: 'p1', source: 'app' })
    await world.comeToKnow('ann')
    world.store.setAvailable(false)
    await world.pass(1_000)
    world.view({ userId: 'ann', productId: 'p2', source: 'desktop' })
    const { items } = await world.histories.latest('ann', { limit: 10 })
    expect(items.map(({ productId, source }) => [productId, source])).to.deep.equal([
      ['p2', 'desktop'],
      ['p1', 'app'],
    ])
  })

  it('ask the store while the log is away, and anew once it is back', async () => {
    const world = createWorld()
    const { live, histories, store, answers } = world
    await world.comeToKnow('ann')
    live.hears = false
    await histories.latest('ann', { limit: 10 })
    const item = { productId: 'p1', source: 'app' }
    const at = Date.UTC(2026, 9, 31, 12)
    await store.recordViews([{ userId: 'ann', messageId: 'm', ...item, timestamp: at, effectiveTime: at }])
    live.hears = true
    const { items } = await histories.latest('ann', { limit: 10 })
    expect(items).to.deep.equal([{ ...item, viewedAt: at }])
    expect(answers.memory).to.equal(0)
  })

  it('do not take the word of a store that is behind for long', async () => {
    const world = createWorld()
    const held = [{ productId: 'p1', time: Date.UTC(2026, 10, 1) }]
    world.live.viewsOf = () => held
    await world.comeToKnow('ann')
    await world.histories.latest('ann', { limit: 10 })
    expect(world.answers.memory).to.equal(0)
  })

  it('do not take the word of a store that has not carried out a deletion, however long that takes', async () => {
    const world = createWorld()
    world.view({ userId: 'ann', productId: 'p1', source: 'app' })
    await world.load()
    world.live.isHis = () => false
    await world.comeToKnow('ann')
    await world.histories.latest('ann', { limit: 10 })
    expect(world.answers.memory).to.equal(0)
  })

  it('do not keep what is forgotten while the store is asked', async () => {
    const world = createWorld()
    const { histories, store } = world
    world.view({ userId: 'ann', productId: 'p1', source: 'app' })
    await histories.latest('ann', { limit: 10 })
    await world.pass(settleMs)
    const asked = histories.latest('ann', { limit: 10 })
    world.change({ change: 'forget-user', userId: 'ann', newest: null })
    await asked
    await world.load()
    expect(await histories.latest('ann', { limit: 10 })).to.deep.equal(
      await store.latest('ann', { limit: 10 }),
    )
    expect(world.answers.memory).to.equal(0)
  })

  it('keep a bound, whoever asks', async () => {
    const world = createWorld()
    const { histories, answers } = world
    await world.comeToKnow('ann')
    await histories.latest('ann', { limit: 10 })
    expect(answers.memory).to.equal(1)
    for (let n = 0; n < maxUsers; n++) await histories.latest(`guest-${n}`, { limit: 1 })
    await histories.latest('ann', { limit: 10 })
    expect(answers.memory).to.equal(1)
  })
})
