import { expect } from 'chai'
import fc from 'fast-check'
import { createSessionIndex, maxSessionViews, sessionGapMs } from './session-index.ts'
import { portrait } from './test-support.ts'
import type { IndexedView, SessionIndex } from './session-index.ts'

const start = Date.UTC(2026, 10, 1)
const minute = 60_000

const roomy = { capacityViews: 100_000, sessionsPerProduct: 1_000 }

function indexOf(views: readonly IndexedView[], settings = roomy): SessionIndex {
  const index = createSessionIndex(settings)
  for (const view of views) index.add(view)
  return index
}

const view = fc.record({
  userId: fc.constantFrom('ann', 'ben', 'cleo'),
  productId: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  time: fc.integer({ min: 0, max: 240 }).map(n => start + n * minute),
})
const views = fc.array(view, { maxLength: 60 })
/** The same views in another order, some of them again. */
const shuffled = (list: readonly IndexedView[]) =>
  fc
    .tuple(
      fc.shuffledSubarray([...list], { minLength: list.length }),
      fc.shuffledSubarray([...list], { minLength: 0 }),
    )
    .map(([all, again]) => [...all, ...again])

const forgetting = fc.record({
  userId: fc.constantFrom('ann', 'ben', 'cleo'),
  productId: fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e')),
  at: fc.integer({ min: 0, max: 240 }).map(n => start + n * minute),
})
/** Keeps the newest time the same, whatever is forgotten. */
const last: IndexedView = { userId: 'zoe', productId: 'z', time: start + 300 * minute }

describe('session index', () => {
  it('is the same whatever the order of the views, and however often each comes', () => {
    fc.assert(
      fc.property(
        views.chain(list => fc.tuple(fc.constant(list), shuffled(list))),
        ([list, other]) => {
          const inOrder = list.toSorted((a, b) => a.time - b.time)
          expect(portrait(indexOf(other))).to.deep.equal(portrait(indexOf(inOrder)))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('is as if what was forgotten had never been there, whether the wish came before or after', () => {
    fc.assert(
      fc.property(
        views,
        fc.array(forgetting, { maxLength: 4 }),
        fc.infiniteStream(fc.nat(2)),
        (list, wishes, pick) => {
          const index = indexOf([last])
          const [toAdd, toForget] = [[...list], [...wishes]]
          while (toAdd.length + toForget.length > 0) {
            const wish = pick.next().value === 0 ? toForget.shift() : undefined
            if (wish) index.forget(wish.userId, wish.productId, wish.at)
            else if (toAdd.length > 0) index.add(toAdd.shift() as IndexedView)
            else for (const left of toForget.splice(0)) index.forget(left.userId, left.productId, left.at)
          }
          const left = list.filter(
            ({ userId, productId, time }) =>
              !wishes.some(
                wish =>
                  wish.userId === userId &&
                  (wish.productId === null || wish.productId === productId) &&
                  time <= wish.at,
              ),
          )
          expect(portrait(index)).to.deep.equal(portrait(indexOf([last, ...left])))
        },
      ),
      { numRuns: 500 },
    )
  })

  it("makes a guest's views the user's, whether they come before or after", () => {
    fc.assert(
      fc.property(views, fc.nat(60), fc.integer({ min: 0, max: 240 }), (list, at, upTo) => {
        const index = createSessionIndex(roomy)
        for (const [i, one] of list.entries()) {
          if (i === at) index.takeOver('ann', 'ben', start + upTo * minute)
          index.add(one)
        }
        index.takeOver('ann', 'ben', start + upTo * minute)
        const moved = list.map(one =>
          one.userId === 'ben' && one.time <= start + upTo * minute ? { ...one, userId: 'ann' } : one,
        )
        expect(portrait(index)).to.deep.equal(portrait(indexOf(moved)))
      }),
      { numRuns: 500 },
    )
  })

  it('knows when a product first came, also when he who alone viewed it forgets another or logs in', () => {
    const index = indexOf([])
    const arrivedAt = start + 5 * minute
    index.add({ userId: 'guest', productId: 'a', time: start, arrivedAt })
    index.add({ userId: 'guest', productId: 'b', time: start + 1, arrivedAt })
    index.forget('guest', 'b', start + 1)
    index.add({ userId: 'other', productId: 'a', time: start + 2, arrivedAt: arrivedAt + minute })
    index.forget('other', null, start + 2)
    expect([index.firstArrival('a'), index.firstArrival('b')]).to.deep.equal([arrivedAt, 0])
    index.takeOver('ann', 'guest', start + 1)
    expect(index.firstArrival('a')).to.equal(arrivedAt)
    index.forget('ann', null, start + 1)
    expect([index.firstArrival('a'), index.products.size]).to.deep.equal([0, 0])
  })

  it('tells whose a view is by all that was forgotten and taken over', () => {
    const index = indexOf([])
    index.forget('ann', 'a', start)
    index.takeOver('ann', 'guest', start)
    expect([index.isOf('ann', 'a', start), index.isOf('ann', 'a', start + 1)]).to.deep.equal([false, true])
    expect([index.isOf('guest', 'b', start), index.isOf('guest', 'b', start + 1)]).to.deep.equal([
      false,
      true,
    ])
    expect(index.isOf('ann', 'b', start)).to.equal(true)
  })

  it("cuts a visitor's views into sessions where 30 minutes go by without one", () => {
    const at = (ms: number): IndexedView => ({ userId: 'ann', productId: `p-${ms}`, time: start + ms })
    const index = indexOf([at(0), at(sessionGapMs - 1), at(2 * sessionGapMs - 1), at(3 * sessionGapMs)])
    expect(portrait(index).sessions.map(({ path }) => path.length)).to.deep.equal([2, 1, 1])
  })

  it('joins two sessions when a late view closes the gap', () => {
    const at = (minutes: number): IndexedView => ({
      userId: 'ann',
      productId: 'a',
      time: start + minutes * minute,
    })
    const index = indexOf([at(0), at(40)])
    expect(index.sessions.size).to.equal(2)
    index.add(at(20))
    expect(index.sessions.size).to.equal(1)
  })

  it(`keeps the newest ${maxSessionViews} views of a session without end`, () => {
    const endless = Array.from({ length: 500 }, (_, n) => ({
      userId: 'robot',
      productId: `p${n}`,
      time: start + n * minute,
    }))
    const index = indexOf(endless)
    expect(index.views).to.equal(maxSessionViews)
    expect(index.latest('robot', 100).map(({ productId }) => productId)).to.deep.equal(
      endless
        .slice(-maxSessionViews)
        .reverse()
        .map(({ productId }) => productId),
    )
    expect(index.products.size).to.equal(maxSessionViews)
  })

  it('keeps the newest sessions when it is full, whatever the order in which they came', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...Array(200).keys()], { minLength: 200 }), order => {
        const visits = order.map(n => ({
          userId: `u${n}`,
          productId: `p${n % 20}`,
          time: start + n * minute,
        }))
        const index = indexOf(visits, { capacityViews: 50, sessionsPerProduct: 1_000 })
        const newest = visits.toSorted((a, b) => a.time - b.time).slice(-50)
        expect(portrait(index).sessions).to.deep.equal(portrait(indexOf(newest)).sessions)
      }),
      { numRuns: 50 },
    )
  })

  it('stays within its bound, whatever comes', async () => {
    const settings = { capacityViews: 1_000, sessionsPerProduct: 50 }
    const random = fc.sample(fc.integer({ min: 0, max: 1_000_000 }), { numRuns: 40_000, seed: 7 })
    const index = createSessionIndex(settings)
    let largest = 0
    for (const [n, r] of random.entries()) {
      const productId = r % 3 === 0 ? `new-${n}` : `p${r % 100}`
      index.add({ userId: `u${r % 5_000}`, productId, time: start + (n + (r % 500)) * 1_000 })
      if (r % 1_000 === 0) index.forget(`u${r % 5_000}`, null, start + n * 1_000)
      expect(index.views).to.be.at.most(settings.capacityViews)
      if (n === 5_000) largest = index.bytes()
    }
    await index.dropChangesBefore(Infinity)
    expect(index.products.size).to.be.at.most(settings.capacityViews)
    expect(index.visitors.size).to.be.at.most(index.sessions.size)
    expect(index.bytes()).to.be.at.most(1.6 * largest)
  })

  it("tells a user's newest products only when it holds them all", () => {
    fc.assert(
      fc.property(views, fc.integer({ min: 1, max: 5 }), (list, limit) => {
        const newest = new Map<string, number>()
        for (const { userId, productId, time } of list) {
          if (userId === 'ann') newest.set(productId, Math.max(time, newest.get(productId) ?? 0))
        }
        const expected = [...newest]
          .map(([productId, time]) => ({ productId, time }))
          .sort((a, b) => b.time - a.time || (a.productId < b.productId ? -1 : 1))
        const told = indexOf(list).latestProducts('ann', limit)
        expect(told).to.deep.equal(expected.length < limit ? null : expected.slice(0, limit))
      }),
    )
    const endless = Array.from({ length: 100 }, (_, n) => ({
      userId: 'robot',
      productId: n < 30 ? `early-${n}` : `late-${n % 5}`,
      time: start + n * minute,
    }))
    expect(indexOf(endless).latestProducts('robot', 6)).to.equal(null)
    expect(indexOf(endless).latestProducts('robot', 5)).to.have.length(5)
  })

  it('lets a view that is there already change nothing', () => {
    const one = { userId: 'ann', productId: 'a', time: start }
    const index = indexOf([one])
    expect(index.add(one)).to.equal(false)
    expect(index.views).to.equal(1)
  })
})

describe('trending', () => {
  it('puts first what is viewed most these days, a view of yesterday counting half', () => {
    const day = 24 * 60 * minute
    const times = (productId: string, n: number, time: number) =>
      Array.from({ length: n }, (_, i) => ({ userId: `${productId}${i}`, productId, time }))
    const index = indexOf([...times('old', 5, start), ...times('new', 3, start + day)])
    const top = index.trending.top(start + day)
    expect(top.map(({ item, views }) => [index.products.id(item), views])).to.deep.equal([
      ['new', 3],
      ['old', 2.5],
    ])
  })
})
