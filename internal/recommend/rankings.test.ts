import { expect } from 'chai'
import { createFakeOrdersStore } from '#internal/orders/fake-store.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { followRankings } from './rankings.ts'
import { createStoreGuard, startDeadline } from './store-guard.ts'
import type { OrdersStore } from '#internal/orders/store.ts'

const ranked = (productId: string) => [{ productId, buyers: 2, quantity: 3 }]

async function publish(store: OrdersStore, snapshotAt: number, best: string): Promise<void> {
  const version = { id: String(snapshotAt), snapshotAt }
  async function* rankings() {
    yield { category: 'hats', window: '30d' as const, products: ranked(best) }
  }
  await store.writeRankings(version, rankings())
  await store.publish('rankings', version)
}

async function setUp() {
  const store = createFakeOrdersStore()
  await publish(store, 1, 'hat-1')
  const rankings = followRankings({ store, guard: createStoreGuard(), logger: silentLogger, everyMs: 5 })
  while (rankings.readiness() !== null) await new Promise(setImmediate)
  return { store, rankings }
}

describe('best sellers', () => {
  it('follow the published version', async () => {
    const { store, rankings } = await setUp()
    await using following = rankings
    expect((await following.bestSellers('hats', '30d')).products).to.deep.equal(ranked('hat-1'))
    await publish(store, 2, 'hat-2')
    const first = async () => (await following.bestSellers('hats', '30d')).products[0]?.productId
    while ((await first()) !== 'hat-2') await new Promise(setImmediate)
  })

  it('stay as they were while the store is away', async () => {
    const { store, rankings } = await setUp()
    await using following = rankings
    await following.bestSellers('hats', '30d')
    store.setAvailable(false)
    while (following.fresh) await new Promise(setImmediate)
    expect(await following.bestSellers('hats', '30d')).to.deep.include({
      products: ranked('hat-1'),
      known: true,
      fresh: false,
    })
  })

  it('are those of the version before where the store does not answer in time, and come once it has', async () => {
    const { store, rankings } = await setUp()
    await using following = rankings
    await following.bestSellers('hats', '30d')
    const answer = Promise.withResolvers<void>()
    const read = store.ranking.bind(store)
    store.ranking = async (...question) => {
      await answer.promise
      return read(...question)
    }
    await publish(store, 2, 'hat-2')
    const inTime = () => following.bestSellers('hats', '30d', startDeadline(0))
    while ((await inTime()).fresh) await new Promise(setImmediate)
    expect(await inTime()).to.deep.include({ products: ranked('hat-1'), known: true, fresh: false })
    answer.resolve()
    while (!(await inTime()).fresh) await new Promise(setImmediate)
    expect((await inTime()).products).to.deep.equal(ranked('hat-2'))
  })

  it('tell a list that is empty from one that is not known because the store is away', async () => {
    const { store, rankings } = await setUp()
    await using following = rankings
    expect(await following.bestSellers('none', '1d')).to.include({ known: true, fresh: true })
    store.setAvailable(false)
    expect(await following.bestSellers('bags', '1d')).to.include({ known: false, fresh: false })
  })
})
