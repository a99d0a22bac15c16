import { inBatches } from './batches.ts'
import { readBoughtTogether } from './bought-together.ts'
import { counted, hasGoodIds, inPhase } from './pipeline.ts'
import { readRankings } from './rankings.ts'
import { changedAt, isCancelled } from './shop-database.ts'
import type { Done, Pipeline, Work } from './pipeline.ts'
import type { OrderLine, OrderWithLines } from './store.ts'

/** Orders that committed late, behind the watermark, are still seen when they are no later than this. */
const overlapMs = 3 * 86_400_000
/** What is bought together is rare in a shorter time; best sellers change faster. */
const leastPairsWindowMs = 365 * 86_400_000
const ordersAtOnce = 500
/** What the stores' column holds. */
const mostQuantity = 2 ** 31 - 1

interface LineRow {
  readonly orderId: string
  readonly userId: string
  readonly orderedAt: Date
  readonly productId: string | null
  readonly categoryId: string | null
  readonly quantity: number | null
}

/** Orders with their lines, one order after the other; a cancelled order comes without lines. */
async function* readOrders(
  { shop, windowMs, leaveOut }: Work,
  changedSince: number,
): AsyncGenerator<OrderWithLines> {
  const rows = shop.stream<LineRow>(
    `SELECT o.order_id::text AS "orderId", o.user_id::text AS "userId", o.created_at::timestamptz AS "orderedAt",
       i.product_id::text AS "productId", p.category_id::text AS "categoryId",
       least(sum(i.quantity), ${mostQuantity})::int AS quantity
     FROM orders o
       LEFT JOIN order_items i ON i.order_id = o.order_id AND NOT ${isCancelled(shop.tables)}
       LEFT JOIN products p ON p.product_id = i.product_id
     WHERE o.created_at >= $1 AND ${changedAt(shop.tables)} >= $2
     GROUP BY o.order_id, o.user_id, o.created_at, i.product_id, p.category_id
     ORDER BY o.order_id`,
    [new Date(shop.at - windowMs), new Date(changedSince)],
  )
  let current = null as { orderId: string; lines: OrderLine[] } | null
  for await (const row of rows) {
    if (!hasGoodIds(row.orderId)) {
      leaveOut()
      continue
    }
    if (current?.orderId !== row.orderId) {
      if (current) yield current
      current = { orderId: row.orderId, lines: [] }
    }
    const { orderId, userId, productId, categoryId, quantity } = row
    if (productId === null || categoryId === null || quantity === null) continue
    if (!hasGoodIds(userId, productId, categoryId)) {
      leaveOut()
      continue
    }
    current.lines.push({
      orderId,
      userId,
      productId,
      categoryId,
      quantity,
      orderedAt: row.orderedAt.getTime(),
    })
  }
  if (current) yield current
}

/** Stored orders that the shop has no more: a full pass has just written all that it has. */
async function* readGone({ shop, store, windowMs }: Work): AsyncGenerator<OrderWithLines> {
  for await (const orderId of store.ordersNotSeen(shop.at - windowMs, shop.at)) yield { orderId, lines: [] }
}

async function replaceAll(
  work: Work,
  orders: AsyncIterable<OrderWithLines>,
): Promise<Omit<Done, 'watermark' | 'sets'>> {
  const counts = { rowsRead: 0, rowsWritten: 0, rowsDeleted: 0 }
  for await (const batch of inBatches(orders, ordersAtOnce)) {
    work.check()
    const { written, deleted } = await work.store.replaceOrders(batch, work.shop.at)
    counts.rowsRead += batch.reduce((sum, { lines }) => sum + lines.length, 0)
    counts.rowsWritten += written
    counts.rowsDeleted += deleted
  }
  return counts
}

async function readWatermark({ shop }: Work): Promise<number> {
  const [row] = await shop.query<{ newest: Date | null }>(
    `SELECT max(${changedAt(shop.tables)})::timestamptz AS newest FROM orders o`,
  )
  return Math.min(row?.newest?.getTime() ?? shop.at, shop.at)
}

/**
 * Order lines, rankings and what is bought together. Between full passes only orders that changed since the watermark,
 * less an overlap, are read; a full pass also finds orders that are gone.
 */
export const ordersPipeline: Pipeline = {
  async count({ shop, windowMs }) {
    const [row] = await shop.query<{ rows: number }>(
      'SELECT count(*) AS rows FROM orders o JOIN order_items USING (order_id) WHERE o.created_at >= $1',
      [new Date(shop.at - windowMs)],
    )
    return row?.rows ?? 0
  },

  async run(work) {
    const { shop, store, version, state, full, windowMs, timeZone } = work
    const changedSince = full || !state ? shop.at - windowMs : state.watermark - overlapMs
    const lines = await inPhase('orders', () =>
      replaceAll(work, counted(work, 'orders', readOrders(work, changedSince))),
    )
    const gone = full
      ? await inPhase('orders gone', () => replaceAll(work, counted(work, 'orders gone', readGone(work))))
      : null
    const ranked = await inPhase('rankings', () =>
      store.writeRankings(version, counted(work, 'rankings', readRankings(shop, timeZone))),
    )
    const paired = await inPhase('bought together', () =>
      store.writeBoughtTogether(
        version,
        counted(work, 'bought together', readBoughtTogether(shop, Math.max(windowMs, leastPairsWindowMs))),
      ),
    )
    return {
      rowsRead: lines.rowsRead,
      rowsWritten: lines.rowsWritten + ranked + paired,
      rowsDeleted: lines.rowsDeleted + (gone?.rowsDeleted ?? 0),
      watermark: await readWatermark(work),
      sets: ['rankings', 'bought-together'],
    }
  },
}
