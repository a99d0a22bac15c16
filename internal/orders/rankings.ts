import { hasGoodIds } from './pipeline.ts'
import { isCancelled } from './shop-database.ts'
import { rankingWindows } from './store.ts'
import type { ShopSnapshot } from './shop-database.ts'
import type { RankedProduct, Ranking, RankingWindow } from './store.ts'

const perScope = 1_000

const upToNow = "o.created_at < $1::timestamptz + interval '1 millisecond'"
const monthOf = (time: string) => `date_trunc('month', ${time}::timestamptz AT TIME ZONE $2)`

/** Is an order in the window? As SQL over `$1`, the snapshot's time, and `$2`, the time zone. */
const isWithin: Record<RankingWindow, string> = {
  '1d': inLast('24 hours'),
  '7d': inLast('7 days'),
  '30d': inLast('30 days'),
  '90d': inLast('90 days'),
  // Months are compared on the calendar, since a month's first midnight may come twice. The bound is for an index.
  'previous-month': `${inLast('63 days')} AND ${monthOf('o.created_at')} = ${monthOf('$1')} - interval '1 month'`,
  ever: upToNow,
}

function inLast(time: string): string {
  return `o.created_at >= $1::timestamptz - interval '${time}' AND ${upToNow}`
}

interface RankingRow extends RankedProduct {
  readonly category: string | null
  /** The product's own, also in the ranking of the whole shop. */
  readonly categoryId: string
}

/**
 * Best sellers by distinct buyers, ties by quantity and then id, of the whole shop and of each category, in every window.
 * Counted by the shop's database in the snapshot: distinct buyers over sliding windows can't be added up.
 */
export async function* readRankings(shop: ShopSnapshot, timeZone: string): AsyncGenerator<Ranking> {
  for (const window of rankingWindows) yield* readWindow(shop, window, timeZone)
}

async function* readWindow(
  shop: ShopSnapshot,
  window: RankingWindow,
  timeZone: string,
): AsyncGenerator<Ranking> {
  const best = 'buyers DESC, quantity DESC, product_id::text COLLATE "C"'
  const rows = shop.stream<RankingRow>(
    `WITH counted AS (
       SELECT i.product_id, p.category_id, count(DISTINCT o.user_id)::int AS buyers, sum(i.quantity)::bigint AS quantity
       FROM orders o JOIN order_items i USING (order_id) JOIN products p ON p.product_id = i.product_id
       WHERE ${isWithin[window]} AND NOT ${isCancelled(shop.tables)} AND $2 <> ''
       GROUP BY i.product_id, p.category_id
     ), ranked AS (
       SELECT *, row_number() OVER (ORDER BY ${best}) AS place,
         row_number() OVER (PARTITION BY category_id ORDER BY ${best}) AS category_place
       FROM counted
     )
     SELECT NULL AS category, category_id::text AS "categoryId", product_id::text AS "productId", buyers, quantity, place
     FROM ranked WHERE place <= ${perScope}
     UNION ALL
     SELECT category_id::text, category_id::text, product_id::text, buyers, quantity, category_place
     FROM ranked WHERE category_place <= ${perScope}
     ORDER BY category NULLS FIRST, place`,
    [new Date(shop.at), timeZone],
  )
  let current = null as { category: string | null; products: RankedProduct[] } | null
  for await (const { category, categoryId, productId, buyers, quantity } of rows) {
    if (!hasGoodIds(productId, categoryId)) continue
    if (current?.category !== category) {
      if (current) yield { ...current, window }
      current = { category, products: [] }
    }
    current.products.push({ productId, buyers, quantity })
  }
  if (current) yield { ...current, window }
}
