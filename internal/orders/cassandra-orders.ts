import { forEachAtMost } from '#internal/cassandra/concurrent.ts'
import { compareLines } from './changed-lines.ts'
import type { Cassandra } from '#internal/cassandra/client.ts'
import type { OrderLine, OrdersStore, OrderWithLines } from './store.ts'

type CassandraOrders = Pick<OrdersStore, 'replaceOrders' | 'ordersNotSeen' | 'boughtSince' | 'ordersOfUser'>

const ordersAtOnce = 32

const readLines = `SELECT orderid, productid, categoryid, quantity, messagetime FROM order_views WHERE userid = ?`
const writeLine = `INSERT INTO order_views (userid, orderid, productid, categoryid, quantity, messagetime)
  VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`
const deleteLine =
  'DELETE FROM order_views USING TIMESTAMP ? WHERE userid = ? AND orderid = ? AND productid = ?'
const readOwner = 'SELECT userid, writtenat FROM order_owner WHERE orderid = ?'
const writeOwner =
  'INSERT INTO order_owner (orderid, userid, messagetime, writtenat) VALUES (?, ?, ?, ?) USING TIMESTAMP ?'
const deleteOwner = 'DELETE FROM order_owner USING TIMESTAMP ? WHERE orderid = ?'

interface LineRow {
  readonly orderid: string
  readonly productid: string
  readonly categoryid: string
  readonly quantity: number
  readonly messagetime: Date
}

const toLine = (userId: string, row: LineRow): OrderLine => ({
  orderId: row.orderid,
  userId,
  productId: row.productid,
  categoryId: row.categoryid,
  quantity: row.quantity,
  orderedAt: row.messagetime.getTime(),
})

/**
 * Order lines in Cassandra. Every write carries its snapshot's time as its timestamp, so that a run which was thought
 * dead undoes nothing that a later one wrote.
 */
export function createCassandraOrders(cassandra: Cassandra): CassandraOrders {
  async function linesOf(userId: string, orderId?: string): Promise<OrderLine[]> {
    const rows =
      orderId === undefined
        ? await cassandra.execute<LineRow>(readLines, [userId])
        : await cassandra.execute<LineRow>(`${readLines} AND orderid = ?`, [userId, orderId])
    return rows.map(row => toLine(userId, row))
  }

  async function replaceOrder(
    { orderId, lines }: OrderWithLines,
    at: number,
  ): Promise<{ written: number; deleted: number }> {
    const [owner] = await cassandra.execute<{ userid: string; writtenat: Date }>(readOwner, [orderId])
    if (owner && owner.writtenat.getTime() > at) return { written: 0, deleted: 0 }
    const standing = owner ? await linesOf(owner.userid, orderId) : []
    const { changed, gone } = compareLines(standing, lines)
    const micros = at * 1_000

    const [first] = lines
    // What goes, then the owner, then what comes: cut off in between, the owner still leads to all that is to change.
    await cassandra.executeMany(
      deleteLine,
      gone.map(line => [micros, line.userId, orderId, line.productId]),
    )
    if (first) {
      const params = [orderId, first.userId, new Date(first.orderedAt), new Date(at), micros]
      await cassandra.execute(writeOwner, params)
    } else if (owner) {
      await cassandra.execute(deleteOwner, [micros, orderId])
    }
    // Unchanged lines too: with this time on them, an older run that was thought dead can't delete them any more.
    await cassandra.executeMany(
      writeLine,
      lines.map(line => [
        line.userId,
        orderId,
        line.productId,
        line.categoryId,
        line.quantity,
        new Date(line.orderedAt),
        micros,
      ]),
    )
    return { written: changed.length, deleted: gone.length }
  }

  return {
    async replaceOrders(orders, at) {
      const counts = { written: 0, deleted: 0 }
      await forEachAtMost(ordersAtOnce, orders, async order => {
        const { written, deleted } = await replaceOrder(order, at)
        counts.written += written
        counts.deleted += deleted
      })
      return counts
    },
    async *ordersNotSeen(since, at) {
      // A look at every order, once a day and page by page: no query that answers anybody does this.
      const rows = cassandra.stream<{ orderid: string; messagetime: Date; writtenat: Date }>(
        'SELECT orderid, messagetime, writtenat FROM order_owner',
        [],
        { pageSize: 1_000, timeoutMs: 30_000 },
      )
      for await (const { orderid, messagetime, writtenat } of rows) {
        if (messagetime.getTime() >= since && writtenat.getTime() < at) yield orderid
      }
    },
    async boughtSince(userId, since) {
      const lines = await linesOf(userId)
      return new Set(lines.filter(({ orderedAt }) => orderedAt >= since).map(({ productId }) => productId))
    },
    ordersOfUser: userId => linesOf(userId),
  }
}
