import { inBatches } from './batches.ts'
import { readBoughtTogether } from './bought-together.ts'
import { counted, inPhase, isGood } from './pipeline.ts'
import { readRankings } from './rankings.ts'
import { findOrders } from './shop-source.ts'
import type { Done, Pipeline, Work } from './pipeline.ts'
import type { ShopOrders } from './shop-source.ts'
import type { OrderLine, OrderWithLines } from './store.ts'

/** Orders that committed late, behind the watermark, are still seen when they are no later than this. */
const overlapMs = 3 * 86_400_000
/** What is bought together is rare in a shorter time; best sellers change faster. */
const leastPairsWindowMs = 365 * 86_400_000
const ordersAtOnce = 500
/** What the stores' column holds. */
const mostQuantity = 2 ** 31 - 1

interface LineRow {
  readonly orderId: string | null
  readonly userId: string | null
  readonly orderedAt: Date
  readonly isLine: boolean
  readonly productId: string | null
  readonly categoryId: string | null
  readonly quantity: number | null
}

/** Orders with their lines, one order after the other; a cancelled order comes without lines. */
async function* readOrders(
  shop: ShopOrders,
  { windowMs, leaveOut }: Work,
  changedSince: number,
): AsyncGenerator<OrderWithLines> {
  const rows = shop.stream<LineRow>(
    `SELECT orderid::text AS "orderId", userid::text AS "userId", messagetime::timestamptz AS "orderedAt",
       isline AS "isLine", productid::text AS "productId", max(categoryid::text COLLATE "C") AS "categoryId",
       least(sum(quantity), ${mostQuantity})::int AS quantity
     FROM ${shop.lines} AS lines
     WHERE messagetime >= $1::timestamptz AND changedat >= $2::timestamptz
     GROUP BY orderid, userid, messagetime, isline, productid
     ORDER BY orderid`,
    [new Date(shop.at - windowMs), new Date(changedSince)],
  )
  let current = null as { orderId: string; lines: OrderLine[] } | null
  for await (const { orderId, orderedAt, isLine, userId, productId, categoryId, quantity } of rows) {
    if (!isGood(orderId)) {
      leaveOut()
      continue
    }
    if (current?.orderId !== orderId) {
      if (current) yield current
      current = { orderId, lines: [] }
    }
    if (!isLine) continue
    if (!isGood(userId) || !isGood(productId) || !isGood(categoryId) || quantity === null) {
      leaveOut()
      continue
    }
    current.lines.push({ orderId, userId, productId, categoryId, quantity, orderedAt: orderedAt.getTime() })
  }
  if (current) yield current
}

/** Stored orders that the shop has no more: a full pass has just written all that it has. */
async function* readGone(at: number, { store, windowMs }: Work): AsyncGenerator<OrderWithLines> {
  for await (const orderId of store.ordersNotSeen(at - windowMs, at)) yield { orderId, lines: [] }
}

async function replaceAll(
  at: number,
  work: Work,
  orders: AsyncIterable<OrderWithLines>,
): Promise<Omit<Done, 'watermark' | 'sets'>> {
  const counts = { rowsRead: 0, rowsWritten: 0, rowsDeleted: 0 }
  for await (const batch of inBatches(orders, ordersAtOnce)) {
    work.check()
    const { written, deleted } = await work.store.replaceOrders(batch, at)
    counts.rowsRead += batch.reduce((sum, { lines }) => sum + lines.length, 0)
    counts.rowsWritten += written
    counts.rowsDeleted += deleted
  }
  return counts
}

async function readWatermark(shop: ShopOrders): Promise<number> {
  const [row] = await shop.query<{ newest: Date | null }>(
    `SELECT max(changedat)::timestamptz AS newest FROM ${shop.changes} AS changes`,
  )
  return Math.min(row?.newest?.getTime() ?? shop.at, shop.at)
}

/**
 * Order lines, rankings and what is bought together. Between full passes only orders that changed since the watermark,
 * less an overlap, are read; a full pass also finds orders that are gone.
 */
export const ordersPipeline: Pipeline = async (snapshot, query) => {
  const shop = await findOrders(snapshot, query)
  return {
    async count(windowMs) {
      const [row] = await shop.query<{ rows: number }>(
        `SELECT count(*) AS rows FROM ${shop.lines} AS lines WHERE messagetime >= $1::timestamptz AND isline`,
        [new Date(shop.at - windowMs)],
      )
      return row?.rows ?? 0
    },
    run: work => copyOrders(shop, work),
  }
}

async function copyOrders(shop: ShopOrders, work: Work): Promise<Done> {
  const { store, version, state, full, windowMs, timeZone } = work
  const changedSince = full || !state ? shop.at - windowMs : state.watermark - overlapMs
  const lines = await inPhase('orders', () =>
    replaceAll(shop.at, work, counted(work, 'orders', readOrders(shop, work, changedSince))),
  )
  const gone = full
    ? await inPhase('orders gone', () =>
        replaceAll(shop.at, work, counted(work, 'orders gone', readGone(shop.at, work))),
      )
    : null
  const ranked = await inPhase('rankings', () =>
    store.writeRankings(version, counted(work, 'rankings', readRankings(shop, timeZone))),
  )
  const pairsWindowMs = Math.max(windowMs, leastPairsWindowMs)
  const paired = await inPhase('bought together', () =>
    store.writeBoughtTogether(
      version,
      counted(work, 'bought together', readBoughtTogether(shop, pairsWindowMs)),
    ),
  )
  return {
    rowsRead: lines.rowsRead,
    rowsWritten: lines.rowsWritten + ranked + paired,
    rowsDeleted: lines.rowsDeleted + (gone?.rowsDeleted ?? 0),
    watermark: await readWatermark(shop),
    sets: ['rankings', 'bought-together'],
  }
}
