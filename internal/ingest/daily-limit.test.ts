import { expect } from 'chai'
import fc from 'fast-check'
import { createDailyLimit } from './daily-limit.ts'
import type { ProductView } from '#internal/domain/product-view.ts'

const noon = Date.UTC(2026, 10, 1, 12)
const view = (userId: string, messageId: string | number, timestamp = noon): ProductView => ({
  userId,
  messageId: String(messageId),
  productId: 'product-1',
  source: 'desktop',
  timestamp,
})
const upTo = (count: number) => Array.from({ length: count }, (_, at) => at)

describe('the daily limit', () => {
  it('never cuts off who has no more different views than allowed, however often they are sent again', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.nat(49), { maxLength: 1_000 }),
        (maxPerDay, sent) => {
          const limit = createDailyLimit({ maxPerDay })
          for (const message of sent) expect(limit.take(view('anna', message % maxPerDay))).to.equal(true)
        },
      ),
    )
  })

  it('cuts off who has more, after a tenth more at the latest, and goes on to take repeats', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(50), (maxPerDay, more) => {
        const limit = createDailyLimit({ maxPerDay })
        const taken = upTo(maxPerDay * 2 + more).filter(message => limit.take(view('robot', message)))
        expect(taken.length).to.be.within(maxPerDay, Math.floor(maxPerDay * 1.1))
        expect(limit.take(view('robot', taken.at(-1) as number))).to.equal(true)
        expect(limit.take(view('robot', 'one more'))).to.equal(false)
      }),
    )
  })

  it('counts each user and day by itself', () => {
    const limit = createDailyLimit({ maxPerDay: 1 })
    expect(limit.take(view('anna', 1))).to.equal(true)
    expect(limit.take(view('anna', 2))).to.equal(false)
    expect(limit.take(view('bert', 2))).to.equal(true)
    expect(limit.take(view('anna', 2, noon + 86_400_000))).to.equal(true)
  })

  it('takes the same messageid at another time for another view', () => {
    const limit = createDailyLimit({ maxPerDay: 1 })
    expect(limit.take(view('anna', 1))).to.equal(true)
    expect(limit.take(view('anna', 1, noon + 1))).to.equal(false)
  })

  it('does not count what did not get into the log', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 100 }), (maxPerDay, lost) => {
        const limit = createDailyLimit({ maxPerDay })
        for (const message of upTo(lost)) {
          limit.take(view('anna', `lost ${message}`))
          limit.giveBack(view('anna', `lost ${message}`))
        }
        for (const message of upTo(maxPerDay)) expect(limit.take(view('anna', message))).to.equal(true)
      }),
    )
  })

  it('forgets the users not seen for longest where too many users, or too many views of busy ones, come', () => {
    for (const bound of [{ maxDays: 2 }, { maxViews: 2 }]) {
      const limit = createDailyLimit({ maxPerDay: 1, ...bound })
      for (const user of ['anna', 'bert', 'carl']) expect(limit.take(view(user, 1))).to.equal(true)
      expect(limit.take(view('bert', 2))).to.equal(false)
      expect(limit.take(view('carl', 2))).to.equal(false)
      expect(limit.take(view('anna', 2))).to.equal(true)
    }
  })
})
