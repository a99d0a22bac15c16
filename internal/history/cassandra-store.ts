import { forEachAtMost } from '#internal/cassandra/concurrent.ts'
import { isUnstorable } from '#internal/cassandra/errors.ts'
import { InvalidInput, Misconfigured } from '#internal/errors/errors.ts'
import { foldMessages, foldViews } from './fold.ts'
import { pageOf } from './page.ts'
import { historyReadCap } from './store.ts'
import type { Cassandra, Statement } from '#internal/cassandra/client.ts'
import type { RecordedView } from '#internal/domain/product-view.ts'
import type { HistoryItem, HistoryStore, HistoryTtl } from './store.ts'

/**
 * Cassandra decides by a cell's timestamp; at equal ones, of two that expire, by the second in which they do so, which
 * differs between a view and its repeat, and only then by value. So a column alone cannot keep the larger of two
 * sources. A set written as a whole can: it drops what is older and keeps all that have the same timestamp.
 */
const writeHistory = `INSERT INTO user_history (userid, productid, messagetime, source, sources)
  VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ? AND TTL ?`
const writeView = `INSERT INTO product_views (userid, month, messagetime, messageid, event, productid, source)
  VALUES (?, ?, ?, ?, 'ProductView', ?, ?) USING TIMESTAMP ? AND TTL ?`
const deleteProduct = 'DELETE FROM user_history USING TIMESTAMP ? WHERE userid = ? AND productid = ?'
const deleteUser = 'DELETE FROM user_history USING TIMESTAMP ? WHERE userid = ?'
const readHistory = 'SELECT productid, messagetime, source, sources FROM user_history WHERE userid = ?'
const newestOfProduct = 'SELECT messagetime AS newest FROM user_history WHERE userid = ? AND productid = ?'
const newestOfUser = 'SELECT max(messagetime) AS newest FROM user_history WHERE userid = ?'
const readMonth = `SELECT messageid, productid, source, messagetime FROM product_views
  WHERE userid = ? AND month = ? AND messagetime > ? LIMIT ?`

const writesAtOnce = 128
/** Rows of one partition that are written together: even with the longest ids far below Cassandra's limit of 50 KiB. */
const rowsTogether = 10

/** By default Cassandra counts the second in which a row expires in 31 bits, and refuses rows that outlive them. */
const lastExpiry = Date.UTC(2038, 0, 19)

/** What a row of `user_history` is made of. */
type Remembered = Pick<RecordedView, 'userId' | 'productId' | 'effectiveTime' | 'source'>

interface HistoryRow {
  readonly productid: string
  readonly messagetime: Date
  readonly source: string
  readonly sources: readonly string[] | null
}

/** The history store in Cassandra, in the tables of `historyCassandraMigrations`. `now` gives epoch milliseconds. */
export function createCassandraHistoryStore(options: {
  cassandra: Cassandra
  ttl: HistoryTtl
  now: () => number
}): HistoryStore {
  const { cassandra, ttl, now } = options
  if (now() + Math.max(ttl.historyMs, ttl.viewsMs) >= lastExpiry) {
    throw new Misconfigured('Cassandra keeps no row with a time to live beyond January 2038: shorten it')
  }

  /** Cassandra counts from the write, and in whole seconds; what it keeps too long, reads leave out. */
  const secondsLeft = (time: number, keepMs: number) =>
    Math.max(1, Math.ceil((time + keepMs - now()) / 1_000) + 1)

  const historyStatement = (view: Remembered): Statement => ({
    cql: writeHistory,
    params: [
      view.userId,
      view.productId,
      view.effectiveTime,
      view.source,
      [view.source],
      micros(view.effectiveTime),
      secondsLeft(view.effectiveTime, ttl.historyMs),
    ],
  })

  const viewStatement = (view: RecordedView): Statement => ({
    cql: writeView,
    params: [
      view.userId,
      monthOf(view.timestamp),
      view.timestamp,
      view.messageId,
      view.productId,
      view.source,
      micros(view.timestamp),
      secondsLeft(view.timestamp, ttl.viewsMs),
    ],
  })

  /** A user's products that are not past their time, in the order of their bytes. */
  async function* remembered(userId: string): AsyncGenerator<HistoryItem> {
    const begin = now() - ttl.historyMs
    for await (const row of cassandra.stream<HistoryRow>(readHistory, [userId])) {
      const viewedAt = row.messagetime.getTime()
      if (viewedAt <= begin) continue
      // Cassandra gives a set in the order of its bytes.
      yield { productId: row.productid, viewedAt, source: row.sources?.at(-1) ?? row.source }
    }
  }

  async function* takeable(guestId: string, upTo: number): AsyncGenerator<HistoryItem> {
    for await (const item of remembered(guestId)) if (item.viewedAt <= upTo) yield item
  }

  return {
    async recordViews(views) {
      const history = foldViews(views.filter(view => view.effectiveTime + ttl.historyMs > now()))
      const rows = foldMessages(views.filter(view => view.timestamp + ttl.viewsMs > now()))
      const groups = [
        ...together(history, view => view.userId).map(group => group.map(historyStatement)),
        ...together(rows, view => `${monthOf(view.timestamp)} ${view.userId}`).map(group =>
          group.map(viewStatement),
        ),
      ]
      await storable(forEachAtMost(writesAtOnce, groups, group => cassandra.batch(group)))
    },

    async forgetProduct(userId, productId, at) {
      await storable(cassandra.execute(deleteProduct, [micros(at), userId, productId]))
    },

    async forgetUser(userId, at) {
      await storable(cassandra.execute(deleteUser, [micros(at), userId]))
    },

    async takeOver(userId, guestId, upTo) {
      const groups = inGroups(takeable(guestId, upTo), rowsTogether)
      await storable(
        forEachAtMost(writesAtOnce, groups, async group => {
          const given = group.map(item => ({ ...item, userId, effectiveTime: item.viewedAt }))
          await cassandra.batch(given.map(historyStatement))
          await cassandra.batch(
            group.map(item => ({
              cql: deleteProduct,
              params: [micros(item.viewedAt), guestId, item.productId],
            })),
          )
        }),
      )
    },

    async latest(userId, { limit, after }) {
      const items: HistoryItem[] = []
      for await (const item of remembered(userId)) {
        if (items.length === historyReadCap) return pageOf(items, { limit, after, truncated: true })
        items.push(item)
      }
      return pageOf(items, { limit, after, truncated: false })
    },

    async newestEffectiveTime(userId, productId) {
      const rows = await (productId === undefined
        ? cassandra.execute<{ newest: Date | null }>(newestOfUser, [userId])
        : cassandra.execute<{ newest: Date | null }>(newestOfProduct, [userId, productId]))
      const newest = rows[0]?.newest?.getTime() ?? null
      return newest !== null && newest > now() - ttl.historyMs ? newest : null
    },

    async viewsOfMonth(userId, month, limit) {
      const rows = await cassandra.execute<HistoryRow & { messageid: string }>(readMonth, [
        userId,
        month,
        now() - ttl.viewsMs,
        limit,
      ])
      return rows.map(({ messageid, productid, source, messagetime }) => ({
        messageId: messageid,
        userId,
        productId: productid,
        source,
        messageTime: messagetime.getTime(),
      }))
    },
  }
}

const micros = (ms: number) => ms * 1_000

/** The calendar month in UTC, "2026-11": a user's views of one month are one partition. */
const monthOf = (ms: number) => new Date(ms).toISOString().slice(0, 7)

async function* inGroups<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let group: T[] = []
  for await (const item of items) {
    group.push(item)
    if (group.length < size) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}

/** Groups of rows that share a partition. */
function together(
  views: readonly RecordedView[],
  partitionOf: (view: RecordedView) => string,
): RecordedView[][] {
  const groups: RecordedView[][] = []
  const open = new Map<string, RecordedView[]>()
  for (const view of views) {
    const partition = partitionOf(view)
    const group = open.get(partition)
    if (group && group.length < rowsTogether) {
      group.push(view)
    } else {
      const begun = [view]
      open.set(partition, begun)
      groups.push(begun)
    }
  }
  return groups
}

async function storable(write: Promise<unknown>): Promise<void> {
  try {
    await write
  } catch (error) {
    if (!isUnstorable(error)) throw error
    const reason = (error as Error).message
    throw new InvalidInput(`Cassandra cannot store the view or deletion: ${reason}`, undefined, {
      cause: error,
    })
  }
}
