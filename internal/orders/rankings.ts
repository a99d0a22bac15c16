import { isGood } from './pipeline.ts'
import { rankingWindows } from './store.ts'
import type { ShopOrders } from './shop-source.ts'
import type { RankedProduct, Ranking, RankingWindow } from './store.ts'

const perScope = 1_000

const upToNow = "messagetime < $1::timestamptz + interval '1 millisecond'"
const monthOf = (time: string) => `date_trunc('month', ${time}::timestamptz AT TIME ZONE $2)`

/** Is an order in the window? As SQL over `$1`, the snapshot's time, and `$2`, the time zone. */
const isWithin: Record<RankingWindow, string> = {
  '1d': inLast('24 hours'),
  '7d': inLast('7 days'),
  '30d': inLast('30 days'),
  '90d': inLast('90 days'),
  // Months are compared on the calendar, since a month's first midnight may come twice. The bound is for an index.
  'previous-month': `${inLast('63 days')} AND ${monthOf('messagetime')} = ${monthOf('$1')} - interval '1 month'`,
  ever: upToNow,
}

function inLast(time: string): string {
  return `messagetime >= $1::timestamptz - interval '${time}' AND ${upToNow}`
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
export async function* readRankings(shop: ShopOrders, timeZone: string): AsyncGenerator<Ranking> {
  for (const window of rankingWindows) yield* readWindow(shop, window, timeZone)
}

async function* readWindow(
  shop: ShopOrders,
  window: RankingWindow,
  timeZone: string,
): AsyncGenerator<Ranking> {
  const best = 'buyers DESC, quantity DESC, productid::text COLLATE "C"'
  const rows = shop.stream<RankingRow>(
    `WITH counted AS (
       SELECT productid, max(categoryid::text COLLATE "C") AS categoryid, count(DISTINCT userid)::int AS buyers,
         sum(quantity)::bigint AS quantity
       FROM ${shop.lines} AS lines
       WHERE ${isWithin[window]} AND isline AND userid IS NOT NULL AND categoryid IS NOT NULL AND $2 <> ''
       GROUP BY productid
     ), ranked AS (
       SELECT *, row_number() OVER (ORDER BY ${best}) AS place,
         row_number() OVER (PARTITION BY categoryid ORDER BY ${best}) AS category_place
       FROM counted
     )
     SELECT NULL AS category, categoryid AS "categoryId", productid::text AS "productId", buyers, quantity, place
     FROM ranked WHERE place <= ${perScope}
     UNION ALL
     SELECT categoryid, categoryid, productid::text, buyers, quantity, category_place
     FROM ranked WHERE category_place <= ${perScope}
     ORDER BY category NULLS FIRST, place`,
    [new Date(shop.at), timeZone],
  )
  let current = null as { category: string | null; products: RankedProduct[] } | null
  for await (const { category, categoryId, productId, buyers, quantity } of rows) {
    if (!isGood(productId) || !isGood(categoryId)) continue
    if (current?.category !== category) {
      if (current) yield { ...current, window }
      current = { category, products: [] }
    }
    current.products.push({ productId, buyers, quantity })
  }
  if (current) yield { ...current, window }
}
