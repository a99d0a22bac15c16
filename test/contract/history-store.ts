import { expect } from 'chai'
import fc from 'fast-check'
import { createFakeHistoryStore } from '#internal/history/fake-store.ts'
import { historyReadCap } from '#internal/history/store.ts'
import { history, mix, newUser, takeover } from './made-histories.ts'
import type { RecordedView } from '#internal/domain/product-view.ts'
import type { HistoryItem, HistoryStore, HistoryTtl } from '#internal/history/store.ts'
import type { Step } from './made-histories.ts'

export interface StoreUnderTest extends AsyncDisposable {
  readonly store: HistoryStore
}

export interface StoreSettings {
  readonly ttl: HistoryTtl
  readonly now: () => number
}

/** Starts a store, or says why that is not possible on this machine. */
export type StartStore = (settings: StoreSettings) => Promise<StoreUnderTest | { readonly skip: string }>

const day = 86_400_000
const ttl: HistoryTtl = { historyMs: 90 * day, viewsMs: 395 * day }
const histories = Number(process.env['VITRINE_HISTORIES'] ?? (process.env['VITRINE_SOAK'] ? 10_000 : 400))

/** What every adapter of the history must keep. */
export function describeHistoryStore(name: string, start: StartStore): void {
  describe(`history store on ${name}`, function () {
    this.timeout(240_000)
    let now = Date.UTC(2026, 10, 1)
    let started: StoreUnderTest
    let store: HistoryStore

    before(async function () {
      // Cassandra counts a time to live by its own clock.
      now = Date.now()
      const result = await start({ ttl, now: () => now })
      if ('skip' in result) {
        process.stdout.write(`\nSKIPPED: history store on ${name}: ${result.skip}\n`)
        return this.skip()
      }
      started = result
      store = started.store
    })
    after(async () => started?.[Symbol.asyncDispose]())

    const view = (
      userId: string,
      productId: string,
      at: number,
      more: Partial<RecordedView> = {},
    ): RecordedView => ({
      messageId: `${productId}-${at}`,
      userId,
      productId,
      source: 'desktop',
      timestamp: at,
      effectiveTime: at,
      ...more,
    })
    const products = async (userId: string, limit = 100) =>
      (await store.latest(userId, { limit })).items.map(({ productId }) => productId)

    it('knows nothing of a user who looked at nothing', async () => {
      expect(await store.latest(newUser(), { limit: 10 })).to.deep.equal({
        items: [],
        next: null,
        truncated: false,
      })
      expect(await store.newestEffectiveTime(newUser())).to.equal(null)
    })

    it('lists products newest first, each once, with the newest view', async () => {
      const user = newUser()
      await store.recordViews([
        view(user, 'a', now - 3),
        view(user, 'b', now - 2),
        view(user, 'a', now - 1, { source: 'app' }),
      ])
      expect((await store.latest(user, { limit: 10 })).items).to.deep.equal([
        { productId: 'a', viewedAt: now - 1, source: 'app' },
        { productId: 'b', viewedAt: now - 2, source: 'desktop' },
      ])
      expect(await store.newestEffectiveTime(user)).to.equal(now - 1)
      expect(await store.newestEffectiveTime(user, 'b')).to.equal(now - 2)
    })

    it('orders views of the same moment by product, and pages through them without gap or repeat', async () => {
      const user = newUser()
      const ids = ['é', 'a', 'Z', 'b', '😀', 'ﬀ']
      await store.recordViews(ids.map(id => view(user, id, now - 5)))
      const found: string[] = []
      let after: HistoryItem | undefined
      do {
        const page = await store.latest(user, { limit: 2, ...(after && { after }) })
        found.push(...page.items.map(({ productId }) => productId))
        after = page.next === null ? undefined : (page.items.at(-1) as HistoryItem)
      } while (after)
      expect(found).to.deep.equal([...ids].sort((p, q) => Buffer.compare(Buffer.from(p), Buffer.from(q))))
    })

    it('keeps a deleted product deleted when an older view arrives, or one of the same millisecond', async () => {
      const user = newUser()
      await store.recordViews([view(user, 'a', now - 10), view(user, 'b', now - 10)])
      await store.forgetProduct(user, 'a', now - 5)
      await store.recordViews([view(user, 'a', now - 6), view(user, 'a', now - 5, { source: 'zzz' })])
      expect(await products(user)).to.deep.equal(['b'])
      await store.recordViews([view(user, 'a', now - 4)])
      expect(await products(user)).to.deep.equal(['a', 'b'])
    })

    it('forgets a whole history, and begins a new one with later views', async () => {
      const user = newUser()
      await store.recordViews([view(user, 'a', now - 10), view(user, 'b', now - 2)])
      await store.forgetUser(user, now - 5)
      expect(await products(user)).to.deep.equal(['b'])
      await store.forgetUser(user, now - 2)
      expect(await products(user)).to.deep.equal([])
      expect(await store.newestEffectiveTime(user)).to.equal(null)
      await store.recordViews([view(user, 'a', now - 1)])
      expect(await products(user)).to.deep.equal(['a'])
    })

    it('lets a deletion that was overtaken by an older one stand', async () => {
      const user = newUser()
      await store.forgetProduct(user, 'a', now - 3)
      await store.forgetProduct(user, 'a', now - 8)
      await store.recordViews([view(user, 'a', now - 5)])
      expect(await products(user)).to.deep.equal([])
    })

    it('of two views of one moment keeps the larger source, however often and in whatever order they come', async () => {
      const user = newUser()
      const desktop = view(user, 'a', now - 5)
      const mobile = view(user, 'a', now - 5, { source: 'mobile', messageId: 'other' })
      const app = view(user, 'a', now - 5, { source: 'app', messageId: 'third' })
      for (const views of [[mobile], [desktop], [app], [desktop, mobile], [app]])
        await store.recordViews(views)
      expect((await store.latest(user, { limit: 1 })).items).to.deep.equal([
        { productId: 'a', viewedAt: now - 5, source: 'mobile' },
      ])
    })

    it('neither writes nor shows what is past its time', async () => {
      const user = newUser()
      const old = view(user, 'old', now - ttl.historyMs)
      const fresh = view(user, 'fresh', now - ttl.historyMs + 60_000)
      await store.recordViews([old, fresh, view(user, 'ancient', now - ttl.viewsMs)])
      expect(await products(user)).to.deep.equal(['fresh'])
      const month = new Date(now - ttl.viewsMs).toISOString().slice(0, 7)
      expect((await store.viewsOfMonth(user, month, 10)).map(({ productId }) => productId)).to.deep.equal([])
    })

    it('keeps every view, a retry as the same row', async () => {
      const user = newUser()
      const at = Date.UTC(new Date(now).getUTCFullYear(), new Date(now).getUTCMonth(), 1) - 1
      const views = [
        view(user, 'a', at),
        view(user, 'a', at - 1),
        view(user, 'b', at, { messageId: 'other', effectiveTime: at - 5 }),
      ]
      await store.recordViews(views)
      await store.recordViews(views)
      const month = new Date(at).toISOString().slice(0, 7)
      const rows = await store.viewsOfMonth(user, month, 10)
      expect(rows.map(row => [row.messageId, row.productId, row.messageTime, row.source])).to.deep.equal([
        [`a-${at}`, 'a', at, 'desktop'],
        ['other', 'b', at, 'desktop'],
        [`a-${at - 1}`, 'a', at - 1, 'desktop'],
      ])
      expect(await store.viewsOfMonth(user, month, 1)).to.have.length(1)
    })

    it('reads a user with 20,000 products up to its cap, and says so', async () => {
      const user = newUser()
      const many = Array.from({ length: 20_000 }, (_, i) =>
        view(user, `product-${String(i).padStart(5, '0')}`, now - 20_000 + i),
      )
      for (let i = 0; i < many.length; i += 500) await store.recordViews(many.slice(i, i + 500))
      const page = await store.latest(user, { limit: 3 })
      expect(page.truncated).to.equal(true)
      const last = historyReadCap - 1
      expect(page.items.map(({ productId }) => productId)).to.deep.equal(
        [last, last - 1, last - 2].map(i => `product-${String(i).padStart(5, '0')}`),
      )
      const oldest = { productId: 'product-00000', viewedAt: now - 20_000 }
      expect(await store.latest(user, { limit: 3, after: oldest })).to.deep.equal({
        items: [],
        next: null,
        truncated: true,
      })
    })

    it("takes a guest's history over with its times and sources, and leaves the guest none", async () => {
      const [user, guest] = [newUser(), newUser()]
      await store.recordViews([
        view(user, 'both', now - 9, { source: 'app' }),
        view(user, 'newer', now - 1, { source: 'app' }),
        view(user, 'forgotten', now - 9),
        view(guest, 'both', now - 8),
        view(guest, 'newer', now - 7),
        view(guest, 'forgotten', now - 6),
        view(guest, 'own', now - 5, { source: 'mobile' }),
        view(guest, 'forgotten by the guest', now - 5),
        view(guest, 'later', now - 2),
      ])
      await store.forgetProduct(user, 'forgotten', now - 3)
      await store.forgetProduct(guest, 'forgotten by the guest', now - 5)
      for (let time = 0; time < 2; time += 1) {
        await store.takeOver(user, guest, now - 4)
        expect((await store.latest(user, { limit: 10 })).items).to.deep.equal([
          { productId: 'newer', viewedAt: now - 1, source: 'app' },
          { productId: 'own', viewedAt: now - 5, source: 'mobile' },
          { productId: 'both', viewedAt: now - 8, source: 'desktop' },
        ])
        expect(await products(guest)).to.deep.equal(['later'])
      }
      await store.forgetUser(user, now - 1)
      expect(await products(user)).to.deep.equal([])
    })

    it('loses nothing that a guest looked at while or after the rest was taken over', async () => {
      const [user, guest] = [newUser(), newUser()]
      await store.recordViews([view(guest, 'a', now - 10), view(guest, 'b', now - 5)])
      await store.takeOver(user, guest, now)
      await store.recordViews([
        view(guest, 'b', now - 5),
        view(guest, 'a', now - 4),
        view(guest, 'late', now - 8),
        view(guest, 'b', now - 6),
      ])
      expect(await products(guest)).to.deep.equal(['a', 'late'])
      expect(await products(user)).to.deep.equal(['b', 'a'])
      await store.takeOver(user, guest, now)
      expect(await products(guest)).to.deep.equal([])
      expect(await products(user)).to.deep.equal(['a', 'b', 'late'])
    })

    it('takes over what is about to be past its time with the rest of that time', async () => {
      const [user, guest] = [newUser(), newUser()]
      const before = now
      await store.recordViews([view(guest, 'old', now - ttl.historyMs + 60_000), view(guest, 'new', now)])
      await store.takeOver(user, guest, now)
      expect(await products(user)).to.deep.equal(['new', 'old'])
      now += 60_000
      const left = await products(user)
      now = before
      expect(left).to.deep.equal(['new'])
    })

    it('takes over 20,000 products, more than one answer looks through, also when two do so at once', async () => {
      const [user, guest] = [newUser(), newUser()]
      const many = Array.from({ length: 20_000 }, (_, i) =>
        view(guest, `product-${String(i).padStart(5, '0')}`, now - 20_000 + i),
      )
      for (let i = 0; i < many.length; i += 2_000) await store.recordViews(many.slice(i, i + 2_000))
      await Promise.all([store.takeOver(user, guest, now), store.takeOver(user, guest, now)])
      expect(await products(guest)).to.deep.equal([])
      expect(await store.newestEffectiveTime(guest)).to.equal(null)
      const sample = many.filter((_, i) => i % 397 === 0)
      expect(
        await Promise.all(sample.map(({ productId }) => store.newestEffectiveTime(user, productId))),
      ).to.deep.equal(sample.map(({ effectiveTime }) => effectiveTime))
      expect(await store.newestEffectiveTime(user)).to.equal(now - 1)
      expect((await store.latest(user, { limit: 1 })).truncated).to.equal(true)
    })

    it('takes views of many writers at once', async () => {
      const user = newUser()
      const writers = Array.from({ length: 8 }, (_, writer) =>
        store.recordViews(
          Array.from({ length: 200 }, (__, i) =>
            view(user, `p${i % 40}`, now - 1_000 + ((i * 7 + writer) % 400)),
          ),
        ),
      )
      await Promise.all(writers)
      const fake = createFakeHistoryStore({ ttl, now: () => now })
      for (let writer = 0; writer < 8; writer += 1) {
        await fake.recordViews(
          Array.from({ length: 200 }, (__, i) =>
            view(user, `p${i % 40}`, now - 1_000 + ((i * 7 + writer) % 400)),
          ),
        )
      }
      expect(await store.latest(user, { limit: 100 })).to.deep.equal(await fake.latest(user, { limit: 100 }))
    })

    async function apply(target: HistoryStore, user: string, steps: readonly Step[]): Promise<void> {
      const begin = now - 600_000
      for (const [i, one] of steps.entries()) {
        const at = begin + one.at
        if (one.kind === 'view') {
          await target.recordViews([
            view(user, one.product, at, {
              source: one.source,
              messageId: `${i}`,
              timestamp: at + (i % 2) * 1_000,
            }),
          ])
        } else if (one.product === null) await target.forgetUser(user, at)
        else await target.forgetProduct(user, one.product, at)
      }
    }

    /** Does the work for each of many samples, 24 at once, and tells the first that went wrong. */
    async function forSamples<T>(
      arbitrary: fc.Arbitrary<T>,
      work: (sample: T) => Promise<unknown>,
    ): Promise<void> {
      const samples = fc.sample(arbitrary, {
        numRuns: histories,
        ...(process.env['VITRINE_SEED'] && { seed: Number(process.env['VITRINE_SEED']) }),
      })
      const wrong: unknown[] = []
      await Promise.all(
        Array.from({ length: 24 }, async () => {
          for (let sample = samples.pop(); sample; sample = samples.pop()) {
            const difference = await work(sample)
            if (difference !== null) wrong.push(difference)
          }
        }),
      )
      expect(wrong.slice(0, 3), `${wrong.length} histories differ`).to.deep.equal([])
    }

    it(`gives one history for one set of views and deletions, in any order and repetition (${histories} of them)`, async () => {
      const fake = createFakeHistoryStore({ ttl, now: () => now })
      await forSamples(history, async sample => {
        const user = newUser()
        const mixed = mix(sample)
        await apply(store, user, mixed)
        await apply(fake, user, sample.steps)
        const [got, wanted] = [
          await store.latest(user, { limit: 100 }),
          await fake.latest(user, { limit: 100 }),
        ]
        return JSON.stringify(got) === JSON.stringify(wanted) ? null : { mixed, got, wanted }
      })
    })

    it(`gives a user who takes over a guest one history, whatever either did in whatever order before, and the user after (${histories} of them)`, async () => {
      const upTo = now - 600_000 + 60_000
      await forSamples(takeover, async ({ guests, before, after, again, since }) => {
        const [user, guest] = [newUser(), newUser()]
        await apply(store, user, mix(before))
        await apply(store, guest, mix(guests))
        for (let time = 0; time <= again; time += 1) {
          await store.takeOver(user, guest, upTo)
          // What came before comes again, as it does when a loader was killed.
          await apply(store, guest, guests.steps)
        }
        await apply(store, user, mix(after))
        await apply(store, guest, since)
        await store.takeOver(user, guest, upTo)

        // The same without any takeover: the user looked at what the guest's history holds.
        const fake = createFakeHistoryStore({ ttl, now: () => now })
        await apply(fake, guest, guests.steps)
        const { items } = await fake.latest(guest, { limit: 100 })
        const taken = items.filter(({ viewedAt }) => viewedAt <= upTo)
        await fake.recordViews(
          taken.map(({ productId, viewedAt, source }) => view(user, productId, viewedAt, { source })),
        )
        await apply(fake, user, [...before.steps, ...after.steps])
        for (const { productId, viewedAt } of taken) await fake.forgetProduct(guest, productId, viewedAt)
        await apply(fake, guest, since)
        const got = [await store.latest(user, { limit: 100 }), await store.latest(guest, { limit: 100 })]
        const wanted = [await fake.latest(user, { limit: 100 }), await fake.latest(guest, { limit: 100 })]
        return JSON.stringify(got) === JSON.stringify(wanted)
          ? null
          : { guests, before, after, again, since, got, wanted }
      })
    })
  })
}
