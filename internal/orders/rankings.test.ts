import { expect } from 'chai'
import fc from 'fast-check'
import { compareBytes } from '#internal/domain/product-view.ts'
import { readBoughtTogether, readRankings } from './rankings.ts'
import { withSnapshot } from './shop-database.ts'
import { rankingWindows } from './store.ts'
import { day, openDatabase, shopTables } from './test-support.ts'
import type { BoughtTogether, RankedProduct, Ranking, RankingWindow } from './store.ts'
import type { TestDatabase } from './test-support.ts'

const timeZone = 'Pacific/Auckland'
const windowMs = 20 * day
const runs = process.env['VITRINE_SOAK'] ? 1_000 : 40

interface Line {
  readonly product: number
  readonly quantity: number
}

interface Order {
  readonly user: number
  /** How long before the orders are written; negative in the future. */
  readonly ageMs: number
  readonly cancelled: boolean | null
  readonly lines: readonly Line[]
}

/** Ids whose order by bytes differs from most languages' order. */
const productIds = ['b', 'B', 'a', 'é', '_', 'product-10', 'product-9']
const categoryOf = (product: number) => (product % 2 === 0 ? 'hats' : 'Shoes')

const order: fc.Arbitrary<Order> = fc.record({
  user: fc.nat(3),
  ageMs: fc.oneof(
    fc.integer({ min: -day, max: 70 * day }),
    fc.constantFrom(day + 60_000, 7 * day - 60_000, 400 * day),
  ),
  cancelled: fc.constantFrom(true, false, null),
  lines: fc.array(
    fc.record({ product: fc.nat(productIds.length - 1), quantity: fc.integer({ min: 1, max: 3 }) }),
    { maxLength: 5 },
  ),
})

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

  it('are what counting one by one gives, whatever the orders', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(order, { maxLength: 25 }), async orders => {
        const now = Date.now()
        await fill(shop, orders, now)
        const { rankings, pairs, at } = await withSnapshot(shop.postgres, async snapshot => ({
          rankings: await Array.fromAsync(readRankings(snapshot, timeZone)),
          pairs: await Array.fromAsync(readBoughtTogether(snapshot, windowMs)),
          at: snapshot.at,
        }))
        const sales = orders
          .filter(({ cancelled }) => cancelled !== true)
          .map(one => ({ ...one, ageMs: at - (now - one.ageMs) }))
        for (const window of rankingWindows) {
          for (const category of [null, 'hats', 'Shoes']) {
            const found = rankings.find(one => one.window === window && one.category === category)
            expect(found?.products ?? [], `${category} ${window}`).to.deep.equal(
              count(sales, at, window, category),
            )
          }
        }
        expect(distinctScopes(rankings)).to.equal(rankings.length)
        expect(new Set(pairs.map(key))).to.deep.equal(new Set(countPairs(sales).map(key)))
      }),
      { numRuns: runs },
    )
  })

  it('hold a thousand products at most, the best of the shop and of each category', async () => {
    await using large = await openDatabase(`${shopTables}
      INSERT INTO products (product_id, category_id) SELECT 'p' || i, 'c' || i % 2 FROM generate_series(1, 3000) i;
      INSERT INTO orders (order_id, user_id, created_at) VALUES ('o', 'u', now() - interval '1 hour');
      INSERT INTO order_items (order_id, product_id, quantity) SELECT 'o', 'p' || i, i FROM generate_series(1, 3000) i`)
    const rankings = await withSnapshot(large.postgres, snapshot =>
      Array.fromAsync(readRankings(snapshot, timeZone)),
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

async function fill({ postgres }: TestDatabase, orders: readonly Order[], now: number): Promise<void> {
  await postgres.execute('TRUNCATE order_items, orders')
  await postgres.execute(
    'INSERT INTO orders (order_id, user_id, created_at, cancelled) SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::boolean[])',
    [
      orders.map((_, i) => `o${i}`),
      orders.map(({ user }) => `user-${user}`),
      orders.map(({ ageMs }) => new Date(now - ageMs).toISOString()),
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

function isWithin(window: RankingWindow, at: number, now: number): boolean {
  if (window !== 'previous-month') return at <= now && at >= now - (windowDays[window] ?? Infinity) * day
  const [year, month] = monthIn(now)
  const [orderYear, orderMonth] = monthIn(at)
  return orderYear * 12 + orderMonth - (year * 12 + month) === -1
}

/** Year and month on a calendar in the shop's zone. */
function monthIn(time: number): [number, number] {
  const parts = new Intl.DateTimeFormat('en', { timeZone, year: 'numeric', month: 'numeric' }).formatToParts(
    time,
  )
  const number = (type: string) => Number(parts.find(part => part.type === type)?.value)
  return [number('year'), number('month')]
}

function count(
  sales: readonly Order[],
  now: number,
  window: RankingWindow,
  category: string | null,
): RankedProduct[] {
  return productIds
    .flatMap((productId, product) => {
      if (category !== null && categoryOf(product) !== category) return []
      const sold = sales
        .filter(({ ageMs }) => isWithin(window, now - ageMs, now))
        .flatMap(one =>
          one.lines.filter(line => line.product === product).map(line => ({ ...line, user: one.user })),
        )
      const quantity = sold.reduce((sum, line) => sum + line.quantity, 0)
      return sold.length === 0
        ? []
        : [{ productId, buyers: new Set(sold.map(({ user }) => user)).size, quantity }]
    })
    .sort((a, b) => b.buyers - a.buyers || b.quantity - a.quantity || compareBytes(a.productId, b.productId))
}

function countPairs(sales: readonly Order[]): BoughtTogether[] {
  const baskets = sales
    .filter(({ ageMs }) => ageMs <= windowMs)
    .map(({ lines }) => new Set(lines.map(({ product }) => productIds[product])))
  return productIds.flatMap(productId =>
    productIds
      .filter(otherProductId => otherProductId !== productId)
      .map(otherProductId => ({
        productId,
        otherProductId,
        support: baskets.filter(basket => basket.has(productId) && basket.has(otherProductId)).length,
      }))
      .filter(({ support }) => support >= 2),
  )
}

const key = (value: BoughtTogether) => JSON.stringify([value.productId, value.otherProductId, value.support])
const distinctScopes = (rankings: readonly Ranking[]) =>
  new Set(rankings.map(({ category, window }) => JSON.stringify([category, window]))).size
