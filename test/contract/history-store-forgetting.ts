import { expect } from 'chai'
import { view } from './history-store-rig.ts'
import { newUser } from './made-histories.ts'
import type { HistoryRig } from './history-store-rig.ts'

/** What stays away once it was deleted. */
export function describeForgetting(rig: HistoryRig): void {
  const { products } = rig

  it('keeps a deleted product deleted when an older view arrives, or one of the same millisecond', async () => {
    const user = newUser()
    await rig.store.recordViews([view(user, 'a', rig.now - 10), view(user, 'b', rig.now - 10)])
    await rig.store.forgetProduct(user, 'a', rig.now - 5)
    await rig.store.recordViews([
      view(user, 'a', rig.now - 6),
      view(user, 'a', rig.now - 5, { source: 'zzz' }),
    ])
    expect(await products(user)).to.deep.equal(['b'])
    await rig.store.recordViews([view(user, 'a', rig.now - 4)])
    expect(await products(user)).to.deep.equal(['a', 'b'])
  })

  it('forgets a whole history, and begins a new one with later views', async () => {
    const user = newUser()
    await rig.store.recordViews([view(user, 'a', rig.now - 10), view(user, 'b', rig.now - 2)])
    await rig.store.forgetUser(user, rig.now - 5)
    expect(await products(user)).to.deep.equal(['b'])
    await rig.store.forgetUser(user, rig.now - 2)
    expect(await products(user)).to.deep.equal([])
    expect(await rig.store.newestEffectiveTime(user)).to.equal(null)
    await rig.store.recordViews([view(user, 'a', rig.now - 1)])
    expect(await products(user)).to.deep.equal(['a'])
  })
}
