import { expect } from 'chai'
import { Unavailable } from '#internal/errors/errors.ts'
import { newUser } from './made-histories.ts'
import type { HistoryStore } from '#internal/history/store.ts'

/**
 * Holds a store to it that a takeover which breaks off has lost nothing, and that the next one completes it.
 * `breaking` gives the same store with a write, counted from 1, at which it is away.
 */
export async function checkBrokenTakeOver(
  store: HistoryStore,
  breaking: (write: number) => HistoryStore,
  now: number,
): Promise<void> {
  const ids = Array.from({ length: 25 }, (_, i) => `product-${i}`).sort()
  const productsOf = async (user: string) =>
    (await store.latest(user, { limit: 100 })).items.map(({ productId }) => productId)
  for (let write = 1; ; write += 1) {
    const [userId, guestId] = [newUser(), newUser()]
    const seen = { userId: guestId, source: 'desktop', timestamp: now - 1, effectiveTime: now - 1 }
    await store.recordViews(ids.map(productId => ({ ...seen, messageId: productId, productId })))
    const failure = await breaking(write)
      .takeOver(userId, guestId, now)
      .then(
        () => null,
        (error: unknown) => error,
      )
    const shown = new Set([...(await productsOf(userId)), ...(await productsOf(guestId))])
    expect([...shown].sort(), `broken off at write ${write}`).to.deep.equal(ids)
    await store.takeOver(userId, guestId, now)
    expect(await productsOf(userId)).to.have.members(ids)
    expect(await productsOf(guestId)).to.deep.equal([])
    if (failure === null) {
      expect(write).to.be.greaterThan(2)
      return
    }
    expect(failure).to.be.instanceOf(Unavailable)
  }
}
