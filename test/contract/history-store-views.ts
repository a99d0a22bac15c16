import { expect } from 'chai'
import { createFakeHistoryStore } from '#internal/history/fake-store.ts'
import { historyReadCap } from '#internal/history/store.ts'
import { ttl, view } from './history-store-rig.ts'
import { newUser } from './made-histories.ts'
import type { HistoryItem } from '#internal/history/store.ts'
import type { HistoryRig } from './history-store-rig.ts'

/** What a store keeps of views, and how it lists them. */
export function describeViews(rig: HistoryRig): void {
  const { products } = rig

  it('knows nothing of a user who looked at nothing', async () => {
    expect(await rig.store.latest(newUser(), { limit: 10 })).to.deep.equal({
      items: [],
      next: null,
      truncated: false,
    })
    expect(await rig.store.newestEffectiveTime(newUser())).to.equal(null)
  })

  it('lists products newest first, each once, with the newest view', async () => {
    const user = newUser()
    await rig.store.recordViews([
      view(user, 'a', rig.now - 3),
      view(user, 'b', rig.now - 2),
      view(user, 'a', rig.now - 1, { source: 'app' }),
    ])
    expect((await rig.store.latest(user, { limit: 10 })).items).to.deep.equal([
      { productId: 'a', viewedAt: rig.now - 1, source: 'app' },
      { productId: 'b', viewedAt: rig.now - 2, source: 'desktop' },
    ])
    expect(await rig.store.newestEffectiveTime(user)).to.equal(rig.now - 1)
    expect(await rig.store.newestEffectiveTime(user, 'b')).to.equal(rig.now - 2)
  })

  it('orders views of the same moment by product, and pages through them without gap or repeat', async () => {
    const user = newUser()
    const ids = ['é', 'a', 'Z', 'b', '😀', 'ﬀ']
    await rig.store.recordViews(ids.map(id => view(user, id, rig.now - 5)))
    const found: string[] = []
    let after: HistoryItem | undefined
    do {
      const page = await rig.store.latest(user, { limit: 2, ...(after && { after }) })
      found.push(...page.items.map(({ productId }) => productId))
      after = page.next === null ? undefined : (page.items.at(-1) as HistoryItem)
    } while (after)
    expect(found).to.deep.equal([...ids].sort((p, q) => Buffer.compare(Buffer.from(p), Buffer.from(q))))
  })

  it('of two views of one moment keeps the larger source, however often and in whatever order they come', async () => {
    const user = newUser()
    const desktop = view(user, 'a', rig.now - 5)
    const mobile = view(user, 'a', rig.now - 5, { source: 'mobile', messageId: 'other' })
    const app = view(user, 'a', rig.now - 5, { source: 'app', messageId: 'third' })
    for (const views of [[mobile], [desktop], [app], [desktop, mobile], [app]])
      await rig.store.recordViews(views)
    expect((await rig.store.latest(user, { limit: 1 })).items).to.deep.equal([
      { productId: 'a', viewedAt: rig.now - 5, source: 'mobile' },
    ])
  })

  it('neither writes nor shows what is past its time', async () => {
    const user = newUser()
    const old = view(user, 'old', rig.now - ttl.historyMs)
    const fresh = view(user, 'fresh', rig.now - ttl.historyMs + 60_000)
    await rig.store.recordViews([old, fresh, view(user, 'ancient', rig.now - ttl.viewsMs)])
    expect(await products(user)).to.deep.equal(['fresh'])
    const month = new Date(rig.now - ttl.viewsMs).toISOString().slice(0, 7)
    expect((await rig.store.viewsOfMonth(user, month, 10)).map(({ productId }) => productId)).to.deep.equal(
      [],
    )
  })

  it('keeps every view, a retry as the same row', async () => {
    const user = newUser()
    const at = Date.UTC(new Date(rig.now).getUTCFullYear(), new Date(rig.now).getUTCMonth(), 1) - 1
    const views = [
      view(user, 'a', at),
      view(user, 'a', at - 1),
      view(user, 'b', at, { messageId: 'other', effectiveTime: at - 5 }),
    ]
    await rig.store.recordViews(views)
    await rig.store.recordViews(views)
    const month = new Date(at).toISOString().slice(0, 7)
    const rows = await rig.store.viewsOfMonth(user, month, 10)
    expect(rows.map(row => [row.messageId, row.productId, row.messageTime, row.source])).to.deep.equal([
      [`a-${at}`, 'a', at, 'desktop'],
      ['other', 'b', at, 'desktop'],
      [`a-${at - 1}`, 'a', at - 1, 'desktop'],
    ])
    expect(await rig.store.viewsOfMonth(user, month, 1)).to.have.length(1)
  })

  it('reads a user with 20,000 products up to its cap, and says so', async () => {
    const user = newUser()
    const many = Array.from({ length: 20_000 }, (_, i) =>
      view(user, `product-${String(i).padStart(5, '0')}`, rig.now - 20_000 + i),
    )
    for (let i = 0; i < many.length; i += 500) await rig.store.recordViews(many.slice(i, i + 500))
    const page = await rig.store.latest(user, { limit: 3 })
    expect(page.truncated).to.equal(true)
    const last = historyReadCap - 1
    expect(page.items.map(({ productId }) => productId)).to.deep.equal(
      [last, last - 1, last - 2].map(i => `product-${String(i).padStart(5, '0')}`),
    )
    const oldest = { productId: 'product-00000', viewedAt: rig.now - 20_000 }
    expect(await rig.store.latest(user, { limit: 3, after: oldest })).to.deep.equal({
      items: [],
      next: null,
      truncated: true,
    })
  })

  it('takes views of many writers at once', async () => {
    const user = newUser()
    const writers = Array.from({ length: 8 }, (_, writer) =>
      rig.store.recordViews(
        Array.from({ length: 200 }, (__, i) =>
          view(user, `p${i % 40}`, rig.now - 1_000 + ((i * 7 + writer) % 400)),
        ),
      ),
    )
    await Promise.all(writers)
    const fake = createFakeHistoryStore({ ttl, now: () => rig.now })
    for (let writer = 0; writer < 8; writer += 1) {
      await fake.recordViews(
        Array.from({ length: 200 }, (__, i) =>
          view(user, `p${i % 40}`, rig.now - 1_000 + ((i * 7 + writer) % 400)),
        ),
      )
    }
    expect(await rig.store.latest(user, { limit: 100 })).to.deep.equal(
      await fake.latest(user, { limit: 100 }),
    )
  })
}
