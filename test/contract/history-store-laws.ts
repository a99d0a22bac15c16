import { expect } from 'chai'
import fc from 'fast-check'
import { createFakeHistoryStore } from '#internal/history/fake-store.ts'
import { ttl, view } from './history-store-rig.ts'
import { history, mix, newUser, takeover } from './made-histories.ts'
import type { HistoryStore } from '#internal/history/store.ts'
import type { HistoryRig } from './history-store-rig.ts'
import type { Step } from './made-histories.ts'

const histories = Number(process.env['VITRINE_HISTORIES'] ?? (process.env['VITRINE_SOAK'] ? 10_000 : 400))

/** What holds for any views, deletions and take-overs, in any order. */
export function describeHistoryLaws(rig: HistoryRig): void {
  async function apply(target: HistoryStore, user: string, steps: readonly Step[]): Promise<void> {
    const begin = rig.now - 600_000
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
    const fake = createFakeHistoryStore({ ttl, now: () => rig.now })
    await forSamples(history, async sample => {
      const user = newUser()
      const mixed = mix(sample)
      await apply(rig.store, user, mixed)
      await apply(fake, user, sample.steps)
      const [got, wanted] = [
        await rig.store.latest(user, { limit: 100 }),
        await fake.latest(user, { limit: 100 }),
      ]
      return JSON.stringify(got) === JSON.stringify(wanted) ? null : { mixed, got, wanted }
    })
  })

  it(`gives a user who takes over a guest one history, whatever either did in whatever order before, and the user after (${histories} of them)`, async () => {
    const upTo = rig.now - 600_000 + 60_000
    await forSamples(takeover, async ({ guests, before, after, again, since }) => {
      const [user, guest] = [newUser(), newUser()]
      await apply(rig.store, user, mix(before))
      await apply(rig.store, guest, mix(guests))
      for (let time = 0; time <= again; time += 1) {
        await rig.store.takeOver(user, guest, upTo)
        // What came before comes again, as it does when a loader was killed.
        await apply(rig.store, guest, guests.steps)
      }
      await apply(rig.store, user, mix(after))
      await apply(rig.store, guest, since)
      await rig.store.takeOver(user, guest, upTo)

      // The same without any takeover: the user looked at what the guest's history holds.
      const fake = createFakeHistoryStore({ ttl, now: () => rig.now })
      await apply(fake, guest, guests.steps)
      const { items } = await fake.latest(guest, { limit: 100 })
      const taken = items.filter(({ viewedAt }) => viewedAt <= upTo)
      await fake.recordViews(
        taken.map(({ productId, viewedAt, source }) => view(user, productId, viewedAt, { source })),
      )
      await apply(fake, user, [...before.steps, ...after.steps])
      for (const { productId, viewedAt } of taken) await fake.forgetProduct(guest, productId, viewedAt)
      await apply(fake, guest, since)
      const got = [
        await rig.store.latest(user, { limit: 100 }),
        await rig.store.latest(guest, { limit: 100 }),
      ]
      const wanted = [await fake.latest(user, { limit: 100 }), await fake.latest(guest, { limit: 100 })]
      return JSON.stringify(got) === JSON.stringify(wanted)
        ? null
        : { guests, before, after, again, since, got, wanted }
    })
  })
}
