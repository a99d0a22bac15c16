import { expect } from 'chai'
import fc from 'fast-check'
import { compareBytes } from '#internal/domain/product-view.ts'
import { readBoughtTogether } from './bought-together.ts'
import { readRankings } from './rankings.ts'
import { withSnapshot } from './shop-database.ts'
import { findOrders } from './shop-source.ts'
import { rankingWindows } from './store.ts'
import { day, openDatabase, shopTables } from './test-support.ts'
import type { BoughtTogether, RankedProduct, Ranking, RankingWindow } from './store.ts'
import type { TestDatabase } from './test-support.ts'

/** Some whose clocks change at midnight of a month's first day, so that it is missing or comes twice. */
const timeZones = [
  'UTC',
  'Europe/Berlin',
  'Asia/Kolkata',
  'Pacific/Auckland',
  'America/New_York',
  'America/Asuncion',
  'America/Havana',
]
const windowMs = 20 * day
const runs = process.env['VITRINE_SOAK'] ? 1_000 : 40

interface Line {
  readonly product: number
  readonly quantity: number
}

interface Order {
  readonly user: number
  /** Epoch milliseconds; may be after the moment of the rankings. */
  readonly at: number
  readonly cancelled: boolean | null
  readonly lines: readonly Line[]
}

/** Ids whose order by bytes differs from most languages' order. */
const productIds = ['b', 'B', 'a', 'é', '_', 'product-10', 'product-9']
const categoryOf = (product: number) => (product % 2 === 0 ? 'hats' : 'Shoes')

const minute = 60_000

/** Within a day of the first of the month that lies `monthsBack` before; where zones disagree on the month. */
const nearMonthStart = (time: number, monthsBack: number): fc.Arbitrary<number> => {
  const date = new Date(time)
  const start = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - monthsBack, 1)
  return fc.integer({ min: -1_440, max: 1_440 }).map(minutes => start + minutes * minute)
}

const moment: fc.Arbitrary<number> = fc
  .integer({ min: Date.UTC(2016, 0), max: Date.UTC(2026, 0) })
  .chain(time => fc.oneof(fc.constant(time), nearMonthStart(time, 0)))

const orderAround = (now: number): fc.Arbitrary<Order> =>
  fc.record({
    user: fc.nat(3),
    at: fc.oneof(
      fc.integer({ min: now - 70 * day, max: now + day }),
      fc.constantFrom(now, now + 1, now - day, now - day - 1, now - 7 * day, now - 400 * day),
      nearMonthStart(now, 0),
      nearMonthStart(now, 1),
    ),
    cancelled: fc.constantFrom(true, false, null),
    lines: fc.array(
      fc.record({ product: fc.nat(productIds.length - 1), quantity: fc.integer({ min: 1, max: 3 }) }),
      { maxLength: 5 },
    ),
  })

interface Sales {
  readonly now: number
  readonly timeZone: string
  readonly orders: readonly Order[]
}

const sales: fc.Arbitrary<Sales> = moment.chain(now =>
  fc.record({
    now: fc.constant(now),
    timeZone: fc.constantFrom(...timeZones),
    orders: fc.array(orderAround(now), { maxLength: 25 }),
  }),
)

/** An order each half hour of the hours around `start`, the first of a month. */
const aroundStart = (timeZone: string, start: string, now: string): Sales => ({
  timeZone,
  now: Date.parse(now),
  orders: Array.from({ length: 24 }, (_, i) => ({
    user: 0,
    at: Date.parse(start) + i * 30 * minute,
    cancelled: false,
    lines: [{ product: 0, quantity: 1 }],
  })),
})

const midnightTwice = aroundStart('America/Havana', '2020-11-01T00:00Z', '2020-12-05T00:00Z')
const midnightMissing = aroundStart('America/Asuncion', '2017-10-01T00:00Z', '2017-11-05T00:00Z')

describe('rankings', function () {
  this.timeout(240_000)
  let shop: TestDatabase
  before(async () => {
    shop = await openDatabase(shopTables)
    await shop.postgres.execute(
      'INSERT INTO products (product_id, category_id) SELECT * FROM unnest($1::text[], $2::text[])',
      [productIds, productIds.map((_, product) => categoryOf(product))],
    )
  })
  after(async () => shop[Symbol.asyncDispose]())

  it('are what counting one by one gives, whatever the orders, the moment and the time zone', async () => {
    await fc.assert(
      fc.asyncProperty(sales, async ({ now, timeZone, orders }) => {
        await fill(shop, orders)
        const { rankings, pairs } = await withSnapshot(shop.postgres, async snapshot => {
          const then = { ...(await findOrders(snapshot, null)), at: now }
          return {
            rankings: await Array.fromAsync(readRankings(then, timeZone)),
            pairs: await Array.fromAsync(readBoughtTogether(then, windowMs)),
          }
        })
        const sold = orders.filter(({ cancelled }) => cancelled !== true)
        for (const window of rankingWindows) {
          const inWindow = sold.filter(({ at }) => isWithin(window, at, now, timeZone))
          for (const category of [null, 'hats', 'Shoes']) {
            const found = rankings.find(one => one.window === window && one.category === category)
            expect(found?.products ?? [], `${category} ${window}`).to.deep.equal(count(inWindow, category))
          }
        }
        expect(distinctScopes(rankings)).to.equal(rankings.length)
        const expected = new Map(countPairs(sold, now).map(pair => [key(pair), pair.score]))
        expect(pairs.map(key)).to.have.members([...expected.keys()])
        for (const pair of pairs) expect(pair.score).to.be.closeTo(expected.get(key(pair)) ?? NaN, 2e-9)
      }),
      { numRuns: runs, examples: [[midnightTwice], [midnightMissing]] },
    )
  })

  it('hold a thousand products at most, the best of the shop and of each category', async () => {
    await using large = await openDatabase(`${shopTables}
      INSERT INTO products (product_id, category_id) SELECT 'p' || i, 'c' || i % 2 FROM generate_series(1, 3000) i;
      INSERT INTO orders (order_id, user_id, created_at) VALUES ('o', 'u', now() - interval '1 hour');
      INSERT INTO order_items (order_id, product_id, quantity) SELECT 'o', 'p' || i, i FROM generate_series(1, 3000) i`)
    const rankings = await withSnapshot(large.postgres, async snapshot =>
      Array.fromAsync(readRankings(await findOrders(snapshot, null), 'UTC')),
    )
    const ofDay = rankings.filter(({ window }) => window === '1d')
    expect(ofDay.map(({ category, products }) => [category, products.length])).to.have.deep.members([
      [null, 1_000],
      ['c0', 1_000],
      ['c1', 1_000],
    ])
    expect(ofDay[0]?.products[0]).to.deep.equal({ productId: 'p3000', buyers: 1, quantity: 3_000 })
    expect(ofDay[0]?.products.at(-1)).to.deep.equal({ productId: 'p2001', buyers: 1, quantity: 2_001 })
  })
})

async function fill({ postgres }: TestDatabase, orders: readonly Order[]): Promise<void> {
  await postgres.execute('TRUNCATE order_items, orders')
  await postgres.execute(
    'INSERT INTO orders (order_id, user_id, created_at, cancelled) SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::boolean[])',
    [
      orders.map((_, i) => `o${i}`),
      orders.map(({ user }) => `user-${user}`),
      orders.map(({ at }) => new Date(at).toISOString()),
      orders.map(({ cancelled }) => cancelled),
    ],
  )
  const lines = orders.flatMap((one, i) => one.lines.map(line => ({ ...line, id: `o${i}` })))
  await postgres.execute(
    'INSERT INTO order_items (order_id, product_id, quantity) SELECT * FROM unnest($1::text[], $2::text[], $3::int[])',
    [
      lines.map(({ id }) => id),
      lines.map(({ product }) => productIds[product]),
      lines.map(({ quantity }) => quantity),
    ],
  )
}

const windowDays: Partial<Record<RankingWindow, number>> = { '1d': 1, '7d': 7, '30d': 30, '90d': 90 }

function isWithin(window: RankingWindow, at: number, now: number, timeZone: string): boolean {
  if (window !== 'previous-month') return at <= now && at >= now - (windowDays[window] ?? Infinity) * day
  const [year, month] = monthIn(now, timeZone)
  const [orderYear, orderMonth] = monthIn(at, timeZone)
  return orderYear * 12 + orderMonth - (year * 12 + month) === -1
}

/** Year and month on a calendar in the zone. */
function monthIn(time: number, timeZone: string): [number, number] {
  const parts = new Intl.DateTimeFormat('en', { timeZone, year: 'numeric', month: 'numeric' }).formatToParts(
    time,
  )
  const number = (type: string) => Number(parts.find(part => part.type === type)?.value)
  return [number('year'), number('month')]
}

function count(sold: readonly Order[], category: string | null): RankedProduct[] {
  return productIds
    .map((productId, product) => {
      const buying = sold.filter(({ lines }) => lines.some(line => line.product === product))
      const lines = buying.flatMap(one => one.lines).filter(line => line.product === product)
      return {
        productId,
        buyers: new Set(buying.map(({ user }) => user)).size,
        quantity: lines.reduce((sum, line) => sum + line.quantity, 0),
      }
    })
    .filter(({ buyers }, product) => buyers > 0 && (category === null || categoryOf(product) === category))
    .sort((a, b) => b.buyers - a.buyers || b.quantity - a.quantity || compareBytes(a.productId, b.productId))
}

function countPairs(sold: readonly Order[], now: number): BoughtTogether[] {
  const baskets = sold
    .filter(({ at }) => at >= now - windowMs)
    .map(({ lines }) => new Set(lines.map(({ product }) => productIds[product])))
  const holding = (...ids: string[]) => baskets.filter(basket => ids.every(id => basket.has(id)))
  return productIds.flatMap(productId =>
    productIds
      .filter(otherProductId => otherProductId !== productId)
      .map(otherProductId => {
        const both = holding(productId, otherProductId)
        const weight = both.reduce((sum, { size }) => sum + 1 / size, 0)
        const sales = (holding(productId).length + 5) * (holding(otherProductId).length + 5)
        return { productId, otherProductId, support: both.length, score: weight / Math.sqrt(sales) }
      })
      .filter(({ support }) => support >= 3),
  )
}

const key = (value: BoughtTogether) => JSON.stringify([value.productId, value.otherProductId, value.support])
const distinctScopes = (rankings: readonly Ranking[]) =>
  new Set(rankings.map(({ category, window }) => JSON.stringify([category, window]))).size
