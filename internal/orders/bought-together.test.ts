import { expect } from 'chai'
import { readBoughtTogether } from './bought-together.ts'
import { withSnapshot } from './shop-database.ts'
import { findOrders } from './shop-source.ts'
import { day, openDatabase, shopTables } from './test-support.ts'
import type { BoughtTogether } from './store.ts'

/** `count` orders with the products `first` to `last`. */
const orders = (name: string, count: number, first: number, last: number) => `
  INSERT INTO orders (order_id, user_id, created_at)
    SELECT '${name}' || i, 'u', now() - interval '1 hour' FROM generate_series(1, ${count}) i;
  INSERT INTO order_items (order_id, product_id, quantity)
    SELECT '${name}' || i, 'p' || product, 1
    FROM generate_series(1, ${count}) i, generate_series(${first}, ${last}) product;`

async function pairsOf(sql: string): Promise<BoughtTogether[]> {
  await using shop = await openDatabase(`${shopTables}
    INSERT INTO products (product_id, category_id) SELECT 'p' || i, 'c' FROM generate_series(1, 400) i; ${sql}`)
  return await withSnapshot(shop.postgres, async snapshot =>
    Array.fromAsync(readBoughtTogether(await findOrders(snapshot, null), day)),
  )
}

describe('what is bought together', function () {
  this.timeout(60_000)

  it('is nothing where fewer than three orders hold both', async () => {
    expect(await pairsOf(orders('o', 2, 1, 2))).to.deep.equal([])
    expect(await pairsOf(orders('o', 3, 1, 2))).to.have.length(2)
  })

  it('is not learned from orders of more than a hundred products, which still count as sales', async () => {
    const alone = await pairsOf(orders('o', 3, 1, 2))
    const beside = await pairsOf(orders('o', 3, 1, 2) + orders('large', 3, 1, 101))
    expect(beside.map(({ support }) => support)).to.deep.equal([3, 3])
    expect(beside[0]?.score).to.be.lessThan(alone[0]?.score ?? 0)
  })

  it('is a hundred products at most for each, the best by score', async () => {
    const sql = [1, 2, 3].map(part => orders(`part${part}-`, 3, part * 50, part * 50 + 99)).join('')
    const pairs = await pairsOf(sql)
    const partners = pairs.filter(({ productId }) => productId === 'p149')
    expect(partners).to.have.length(100)
    const kept = Math.min(...partners.map(({ score }) => score))
    const others = pairs.filter(
      ({ otherProductId, score }) => otherProductId === 'p149' && score > kept + 1e-8,
    )
    const known = new Set(partners.map(({ otherProductId }) => otherProductId))
    expect(others.filter(({ productId }) => !known.has(productId))).to.deep.equal([])
  })
})
