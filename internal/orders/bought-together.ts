import { isGood } from './pipeline.ts'
import { leastSupport, pairsPerProduct } from './store.ts'
import type { ShopOrders } from './shop-source.ts'
import type { BoughtTogether } from './store.ts'

/** An order of more products says little about which belong together, and costs their square. */
const mostProducts = 100
/** Added to each product's orders, so that a rare pair does not look like a certain one. */
const doubt = 5

/**
 * Products that were in one order, of the orders made in the last `windowMs`: for each product its best partners by
 * score, those seen together too seldom left out. An order of n products counts 1 / n for each of its pairs; their
 * sum is divided by the square root of the product of both products' own orders (Ochiai's coefficient, damped). Counted by the
 * shop's database in the snapshot, and streamed.
 */
export async function* readBoughtTogether(
  shop: ShopOrders,
  windowMs: number,
): AsyncGenerator<BoughtTogether> {
  const rows = shop.stream<BoughtTogether>(
    `WITH lines AS MATERIALIZED (
       SELECT DISTINCT orderid, productid FROM ${shop.lines} AS lines
       WHERE messagetime >= $1::timestamptz AND isline AND productid IS NOT NULL
     ), bought AS MATERIALIZED (
       SELECT productid, count(*)::int AS orders, row_number() OVER (ORDER BY productid)::int AS number
       FROM lines GROUP BY productid
     ), carts AS (
       SELECT orderid, row_number() OVER ()::int AS cart, 1 / count(*)::float8 AS weight
       FROM lines GROUP BY orderid HAVING count(*) BETWEEN 2 AND ${mostProducts}
     ), filled AS MATERIALIZED (
       SELECT cart, weight, number FROM lines JOIN carts USING (orderid) JOIN bought USING (productid)
     ), pairs AS (
       SELECT a.number AS one, b.number AS other, count(*)::int AS support, sum(a.weight) AS weight
       FROM filled a JOIN filled b ON a.cart = b.cart AND a.number < b.number
       GROUP BY 1, 2 HAVING count(*) >= ${leastSupport}
     ), scored AS (
       SELECT one, other, support,
         -- Rounded, since sums depend on the order of adding in their last digits.
         round((weight / sqrt((x.orders + ${doubt}) * (y.orders + ${doubt})::float8))::numeric, 9)::float8 AS score
       FROM pairs JOIN bought x ON x.number = one JOIN bought y ON y.number = other
     ), both_ways AS (
       SELECT one, other, support, score FROM scored UNION ALL SELECT other, one, support, score FROM scored
     ), ranked AS (
       SELECT *, row_number() OVER (PARTITION BY one ORDER BY score DESC, support DESC, other) AS place FROM both_ways
     )
     SELECT x.productid::text AS "productId", y.productid::text AS "otherProductId", support, score
     FROM ranked JOIN bought x ON x.number = one JOIN bought y ON y.number = other
     WHERE place <= ${pairsPerProduct}`,
    [new Date(shop.at - windowMs)],
  )
  for await (const pair of rows) {
    if (isGood(pair.productId) && isGood(pair.otherProductId)) yield pair
  }
}
