import { expect } from 'chai'
import { ttl, view } from './history-store-rig.ts'
import { newUser } from './made-histories.ts'
import type { HistoryRig } from './history-store-rig.ts'

/** What becomes of a guest's history when he logs in. */
export function describeTakeOver(rig: HistoryRig): void {
  const { products } = rig

  it('lets a deletion that was overtaken by an older one stand', async () => {
    const user = newUser()
    await rig.store.forgetProduct(user, 'a', rig.now - 3)
    await rig.store.forgetProduct(user, 'a', rig.now - 8)
    await rig.store.recordViews([view(user, 'a', rig.now - 5)])
    expect(await products(user)).to.deep.equal([])
  })

  it("takes a guest's history over with its times and sources, and leaves the guest none", async () => {
    const [user, guest] = [newUser(), newUser()]
    await rig.store.recordViews([
      view(user, 'both', rig.now - 9, { source: 'app' }),
      view(user, 'newer', rig.now - 1, { source: 'app' }),
      view(user, 'forgotten', rig.now - 9),
      view(guest, 'both', rig.now - 8),
      view(guest, 'newer', rig.now - 7),
      view(guest, 'forgotten', rig.now - 6),
      view(guest, 'own', rig.now - 5, { source: 'mobile' }),
      view(guest, 'forgotten by the guest', rig.now - 5),
      view(guest, 'later', rig.now - 2),
    ])
    await rig.store.forgetProduct(user, 'forgotten', rig.now - 3)
    await rig.store.forgetProduct(guest, 'forgotten by the guest', rig.now - 5)
    for (let time = 0; time < 2; time += 1) {
      await rig.store.takeOver(user, guest, rig.now - 4)
      expect((await rig.store.latest(user, { limit: 10 })).items).to.deep.equal([
        { productId: 'newer', viewedAt: rig.now - 1, source: 'app' },
        { productId: 'own', viewedAt: rig.now - 5, source: 'mobile' },
        { productId: 'both', viewedAt: rig.now - 8, source: 'desktop' },
      ])
      expect(await products(guest)).to.deep.equal(['later'])
    }
    await rig.store.forgetUser(user, rig.now - 1)
    expect(await products(user)).to.deep.equal([])
  })

  it('loses nothing that a guest looked at while or after the rest was taken over', async () => {
    const [user, guest] = [newUser(), newUser()]
    await rig.store.recordViews([view(guest, 'a', rig.now - 10), view(guest, 'b', rig.now - 5)])
    await rig.store.takeOver(user, guest, rig.now)
    await rig.store.recordViews([
      view(guest, 'b', rig.now - 5),
      view(guest, 'a', rig.now - 4),
      view(guest, 'late', rig.now - 8),
      view(guest, 'b', rig.now - 6),
    ])
    expect(await products(guest)).to.deep.equal(['a', 'late'])
    expect(await products(user)).to.deep.equal(['b', 'a'])
    await rig.store.takeOver(user, guest, rig.now)
    expect(await products(guest)).to.deep.equal([])
    expect(await products(user)).to.deep.equal(['a', 'b', 'late'])
  })

  it('takes over what is about to be past its time with the rest of that time', async () => {
    const [user, guest] = [newUser(), newUser()]
    const before = rig.now
    await rig.store.recordViews([
      view(guest, 'old', rig.now - ttl.historyMs + 60_000),
      view(guest, 'new', rig.now),
    ])
    await rig.store.takeOver(user, guest, rig.now)
    expect(await products(user)).to.deep.equal(['new', 'old'])
    rig.now += 60_000
    const left = await products(user)
    rig.now = before
    expect(left).to.deep.equal(['new'])
  })

  it('takes over 20,000 products, more than one answer looks through, also when two do so at once', async () => {
    const [user, guest] = [newUser(), newUser()]
    const many = Array.from({ length: 20_000 }, (_, i) =>
      view(guest, `product-${String(i).padStart(5, '0')}`, rig.now - 20_000 + i),
    )
    for (let i = 0; i < many.length; i += 2_000) await rig.store.recordViews(many.slice(i, i + 2_000))
    await Promise.all([rig.store.takeOver(user, guest, rig.now), rig.store.takeOver(user, guest, rig.now)])
    expect(await products(guest)).to.deep.equal([])
    expect(await rig.store.newestEffectiveTime(guest)).to.equal(null)
    const sample = many.filter((_, i) => i % 397 === 0)
    expect(
      await Promise.all(sample.map(({ productId }) => rig.store.newestEffectiveTime(user, productId))),
    ).to.deep.equal(sample.map(({ effectiveTime }) => effectiveTime))
    expect(await rig.store.newestEffectiveTime(user)).to.equal(rig.now - 1)
    expect((await rig.store.latest(user, { limit: 1 })).truncated).to.equal(true)
  })
}
