import { expect } from 'chai'
import type { OrderLine, OrdersStore, Product, Ranking, RunReport, Version } from '#internal/orders/store.ts'

export interface OrdersUnderTest extends AsyncDisposable {
  readonly store: OrdersStore
}

export type StartOrders = (now: () => number) => Promise<OrdersUnderTest | { readonly skip: string }>

let unique = 0
const name = (what: string) => `${what}-${process.pid}-${Date.now()}-${(unique += 1)}`

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

/** What every adapter of the order data must keep. */
export function describeOrdersStore(adapter: string, start: StartOrders): void {
  describe(`orders store on ${adapter}`, function () {
    this.timeout(60_000)
    const at = Date.now()
    let started: OrdersUnderTest
    let store: OrdersStore

    before(async function () {
      const result = await start(() => at)
      if ('skip' in result) {
        process.stdout.write(`\nSKIPPED: orders store on ${adapter}: ${result.skip}\n`)
        return this.skip()
      }
      started = result
      store = started.store
    })
    after(async () => started?.[Symbol.asyncDispose]())

    const line = (
      orderId: string,
      userId: string,
      productId: string,
      more: Partial<OrderLine> = {},
    ): OrderLine => ({
      orderId,
      userId,
      productId,
      categoryId: 'hats',
      quantity: 1,
      orderedAt: at - 1_000,
      ...more,
    })
    const version = (snapshotAt: number): Version => ({ id: name('version'), snapshotAt })
    // Shared engines keep pointers from run to run: each test publishes later than all before.
    let published = Date.now()
    const later = () => (published += 1_000)

    it('keeps an order as it last was: its lines, its user, or nothing of it', async () => {
      const [order, anna, bert] = [name('order'), name('anna'), name('bert')]
      const replace = (lines: OrderLine[], when: number) =>
        store.replaceOrders([{ orderId: order, lines }], when)
      const [hat, shoe] = [line(order, anna, 'hat'), line(order, anna, 'shoe', { quantity: 2 })]

      expect(await replace([hat, shoe], at)).to.deep.equal({ written: 2, deleted: 0 })
      expect(await store.ordersOfUser(anna)).to.deep.equal([hat, shoe])
      expect(await replace([hat, shoe], at + 1)).to.deep.equal({ written: 0, deleted: 0 })

      const edited = line(order, anna, 'hat', { quantity: 5, categoryId: 'caps' })
      expect(await replace([edited], at + 2)).to.deep.equal({ written: 1, deleted: 1 })
      expect(await store.ordersOfUser(anna)).to.deep.equal([edited])

      const moved = line(order, bert, 'hat')
      expect(await replace([moved], at + 3)).to.deep.equal({ written: 1, deleted: 1 })
      expect(await store.ordersOfUser(anna)).to.deep.equal([])
      expect(await store.ordersOfUser(bert)).to.deep.equal([moved])

      await replace([hat], at + 2)
      expect(await store.ordersOfUser(bert), 'an older snapshot undoes nothing').to.deep.equal([moved])

      expect(await replace([], at + 4)).to.deep.equal({ written: 0, deleted: 1 })
      expect(await store.ordersOfUser(bert)).to.deep.equal([])
    })

    it('streams the orders made since a time that a snapshot has not seen', async () => {
      const [old, fresh, seen] = [name('order'), name('order'), name('order')]
      const user = name('user')
      await store.replaceOrders(
        [
          { orderId: old, lines: [line(old, user, 'hat', { orderedAt: at - 10_000_000 })] },
          { orderId: fresh, lines: [line(fresh, user, 'hat')] },
        ],
        at,
      )
      await store.replaceOrders([{ orderId: seen, lines: [line(seen, user, 'hat')] }], at + 10)
      const found = await Array.fromAsync(store.ordersNotSeen(at - 2_000, at + 10))
      expect(found).to.include(fresh).and.not.include.oneOf([old, seen])
    })

    it('knows what a user bought since a time', async () => {
      const user = name('user')
      const [early, late] = [name('order'), name('order')]
      await store.replaceOrders(
        [
          { orderId: early, lines: [line(early, user, 'hat', { orderedAt: at - 5_000 })] },
          { orderId: late, lines: [line(late, user, 'shoe', { orderedAt: at - 3_000 })] },
        ],
        at,
      )
      expect([...(await store.boughtSince(user, at - 3_000))]).to.deep.equal(['shoe'])
      expect([...(await store.boughtSince(name('nobody'), 0))]).to.deep.equal([])
    })

    it('shows a version only once it is published, and never goes back to an older snapshot', async () => {
      const [first, second] = [version(later()), version(later())]
      const before = await store.currentVersion('products')
      await store.writeProducts(second, each([]))
      expect(await store.currentVersion('products')).to.deep.equal(before)
      expect(await store.publish('products', second)).to.equal(true)
      expect(await store.currentVersion('products')).to.deep.equal(second)
      expect(await store.publish('products', first)).to.equal(false)
      expect(await store.publish('products', second)).to.equal(false)
      expect(await store.currentVersion('products')).to.deep.equal(second)
    })

    it('gives back catalogue, rankings and pairs as they were written', async () => {
      const one = version(later())
      const products: Product[] = Array.from({ length: 1_500 }, (_, i) => ({
        productId: `product-${i}`,
        categoryId: `category-${i % 7}`,
        title: i % 3 === 0 ? null : `Hat ${i}`,
        price: i % 5 === 0 ? null : i + 0.25,
        inStock: i % 4 === 0 ? null : i % 2 === 0,
        createdAt: i % 6 === 0 ? null : at - i,
      }))
      expect(await store.writeProducts(one, each(products))).to.equal(1_500)
      const read = await Array.fromAsync(store.products(one))
      const byId = (a: Product, b: Product) => (a.productId < b.productId ? -1 : 1)
      expect(read.sort(byId)).to.deep.equal([...products].sort(byId))

      const ranked = Array.from({ length: 1_000 }, (_, i) => ({
        productId: `p-${i}`,
        buyers: 2_000 - i,
        quantity: 3 * i,
      }))
      const rankings: Ranking[] = [
        { category: null, window: 'ever', products: ranked },
        { category: 'hats', window: '30d', products: ranked.slice(0, 2) },
      ]
      await store.writeRankings(one, each(rankings))
      expect(await store.ranking(one, null, 'ever', 1_000)).to.deep.equal(ranked)
      expect(await store.ranking(one, 'hats', '30d', 1)).to.deep.equal(ranked.slice(0, 1))
      expect(await store.ranking(one, 'shoes', '30d', 10)).to.deep.equal([])

      const pair = (otherProductId: string, score: number, support = 3) => ({
        productId: 'hat',
        otherProductId,
        support,
        score,
      })
      const best = [pair('c', 0.75), pair('d', 0.5, 7), pair('b', 0.5), pair('é', 0.5), pair('a', 0.25, 90)]
      expect(await store.writeBoughtTogether(one, each([...best].reverse()))).to.equal(5)
      expect(await store.boughtTogether(one, 'hat')).to.deep.equal(best)
      expect(await store.boughtTogether(one, 'shoe')).to.deep.equal([])
    })

    it('keeps the last three versions, and any that is younger than an hour', async () => {
      const versions = Array.from({ length: 5 }, () => version(later()))
      for (const one of versions) {
        const pair = { productId: 'hat', otherProductId: 'shoe', support: 3, score: 0.5 }
        await store.writeBoughtTogether(one, each([pair]))
        await store.publish('bought-together', one)
      }
      const there = async () =>
        (await Promise.all(versions.map(one => store.boughtTogether(one, 'hat')))).map(({ length }) => length)
      await store.dropOldVersions('bought-together', at)
      expect(await there()).to.deep.equal([1, 1, 1, 1, 1])
      await store.dropOldVersions('bought-together', at + 2 * 3_600_000)
      expect(await there()).to.deep.equal([0, 0, 1, 1, 1])
    })

    it('keeps the state of a schedule and the reports of runs, newest first', async () => {
      const schedule = name('schedule')
      expect(await store.readState(schedule)).to.equal(null)
      const state = { sourceHash: 'x', watermark: at, lastFullAt: at - 5, rows: 7 }
      await store.writeState(schedule, state)
      expect(await store.readState(schedule)).to.deep.equal(state)

      const report = (startedAt: number): RunReport => ({
        run: name('run'),
        schedule,
        pipeline: 'products',
        result: 'Succeeded',
        mode: 'full',
        startedAt,
        finishedAt: startedAt + 5,
        rowsRead: 1,
        rowsWritten: 1,
        rowsDeleted: 0,
        watermark: null,
        seconds: 0.005,
        message: 'all "good"',
      })
      const start = later() + 1e9
      const [old, fresh] = [report(start), report(start + 10)]
      await store.writeReport(old)
      await store.writeReport(fresh)
      expect(await store.lastReports('products', 2)).to.deep.equal([fresh, old])
    })
  })
}
