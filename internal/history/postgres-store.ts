import { compareBytes } from '#internal/domain/product-view.ts'
import { foldViews } from './fold.ts'
import { historyReadCap } from './store.ts'
import type { RecordedView } from '#internal/domain/product-view.ts'
import type { Postgres } from '#internal/postgres/client.ts'
import type { HistoryPage, HistoryPosition, HistoryStore, HistoryTtl, RecordedRow } from './store.ts'

/** The same view twice is one row; two views that claim one messageid and one time fold as Cassandra folds them. */
const insertViews = `
  INSERT INTO productviews.product_views AS standing (messageid, event, userid, productid, source, messagetime)
  SELECT messageid, 'ProductView', userid, productid, source, messagetime
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
    AS view (messageid, userid, productid, source, messagetime)
  ON CONFLICT (userid, messagetime, messageid) DO UPDATE
    SET productid = greatest(standing.productid, excluded.productid), source = greatest(standing.source, excluded.source)
    WHERE (standing.productid, standing.source) IS DISTINCT FROM (excluded.productid, excluded.source)`

const upsertHistory = `
  INSERT INTO productviews.user_history AS standing (userid, productid, messagetime, source)
  SELECT userid, productid, messagetime, source
  FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[]) AS view (userid, productid, messagetime, source)
  ON CONFLICT (userid, productid) DO UPDATE SET messagetime = excluded.messagetime, source = excluded.source
    WHERE (excluded.messagetime, excluded.source) > (standing.messagetime, standing.source)`

/** Newer than the time to live, and than every deletion that covers it: a view written after its deletion does not show. */
const alive = `
  messagetime > $2 AND NOT EXISTS (
    SELECT FROM productviews.user_history_deletions deletion
    WHERE deletion.userid = history.userid AND deletion.productid IN ('', history.productid)
      AND deletion.deletedat >= history.messagetime)`

const selectLatest = `
  WITH looked_at AS (
    SELECT productid, messagetime, source, row_number() OVER (ORDER BY productid) AS place
    FROM productviews.user_history history
    WHERE userid = $1 AND ${alive}
    ORDER BY productid LIMIT ${historyReadCap + 1}
  )
  SELECT productid, messagetime, source, (SELECT count(*) FROM looked_at) AS looked_at
  FROM looked_at
  WHERE place <= ${historyReadCap} AND (messagetime < $3 OR (messagetime = $3 AND productid > $4))
  ORDER BY messagetime DESC, productid LIMIT $5`

const selectNewest = `
  SELECT max(messagetime) AS newest FROM productviews.user_history history
  WHERE userid = $1 AND ($3::text IS NULL OR productid = $3) AND ${alive}`

const upsertDeletion = `
  INSERT INTO productviews.user_history_deletions AS standing (userid, productid, deletedat) VALUES ($1, $2, $3)
  ON CONFLICT (userid, productid) DO UPDATE SET deletedat = excluded.deletedat
    WHERE excluded.deletedat > standing.deletedat`

const deleteCovered = `
  DELETE FROM productviews.user_history
  WHERE userid = $1 AND ($2 = '' OR productid = $2) AND messagetime <= $3`

/** Before the first page: nothing is newer. */
const start: HistoryPosition = { viewedAt: Date.UTC(9999, 0), productId: '' }

interface HistoryRow {
  readonly productid: string
  readonly messagetime: Date
  readonly source: string
  readonly looked_at: number
}

/** Histories in PostgreSQL; `now` gives epoch milliseconds. */
export function createPostgresHistoryStore(options: {
  postgres: Postgres
  ttl: HistoryTtl
  now: () => number
}): HistoryStore {
  const { postgres, ttl, now } = options
  const historyBegin = () => new Date(now() - ttl.historyMs)

  async function writeViews(views: readonly RecordedView[]): Promise<void> {
    const rows = distinctRows(views.filter(({ timestamp }) => timestamp > now() - ttl.viewsMs))
    if (rows.length === 0) return
    await postgres.execute(
      insertViews,
      columns(rows, row => [row.messageId, row.userId, row.productId, row.source, isoTime(row.timestamp)]),
    )
  }

  async function writeHistory(views: readonly RecordedView[]): Promise<void> {
    const rows = foldViews(views.filter(({ effectiveTime }) => effectiveTime > now() - ttl.historyMs))
    if (rows.length === 0) return
    await postgres.execute(
      upsertHistory,
      columns(rows, row => [row.userId, row.productId, isoTime(row.effectiveTime), row.source]),
    )
  }

  async function forget(userId: string, productId: string, at: number): Promise<void> {
    // The deletion first: from then on nothing that it covers shows, also what is being written right now.
    await postgres.execute(upsertDeletion, [userId, productId, new Date(at)])
    await postgres.execute(deleteCovered, [userId, productId, new Date(at)])
  }

  return {
    async recordViews(views) {
      await Promise.all([writeViews(views), writeHistory(views)])
    },

    forgetProduct: (userId, productId, at) => forget(userId, productId, at),
    forgetUser: (userId, at) => forget(userId, '', at),

    async latest(userId, { limit, after = start }): Promise<HistoryPage> {
      const rows = await postgres.query<HistoryRow>(
        selectLatest,
        [userId, historyBegin(), new Date(after.viewedAt), after.productId, limit + 1],
        { name: 'history.latest' },
      )
      const items = rows.slice(0, limit).map(({ productid, messagetime, source }) => ({
        productId: productid,
        viewedAt: messagetime.getTime(),
        source,
      }))
      return {
        items,
        next: rows.length > limit ? (items.at(-1) ?? null) : null,
        truncated: (rows[0]?.looked_at ?? 0) > historyReadCap,
      }
    },

    async newestEffectiveTime(userId, productId) {
      const [row] = await postgres.query<{ newest: Date | null }>(selectNewest, [
        userId,
        historyBegin(),
        productId ?? null,
      ])
      return row?.newest?.getTime() ?? null
    },

    async viewsOfMonth(userId, month, limit): Promise<RecordedRow[]> {
      const begin = new Date(Math.max(Date.parse(`${month}-01T00:00:00Z`), now() - ttl.viewsMs + 1))
      const rows = await postgres.query<{
        messageid: string
        productid: string
        source: string
        messagetime: Date
      }>(
        `SELECT messageid, productid, source, messagetime FROM productviews.product_views
         WHERE userid = $1 AND messagetime >= $2 AND messagetime < ($3::timestamptz AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC'
         ORDER BY messagetime DESC, messageid LIMIT $4`,
        [userId, begin, `${month}-01T00:00:00Z`, limit],
      )
      return rows.map(row => ({
        messageId: row.messageid,
        userId,
        productId: row.productid,
        source: row.source,
        messageTime: row.messagetime.getTime(),
      }))
    },
  }
}

const isoTime = (ms: number) => new Date(ms).toISOString()

/** Rows as one array a column, for `unnest`. */
function columns<T>(rows: readonly T[], valuesOf: (row: T) => string[]): string[][] {
  const result: string[][] = []
  for (const row of rows) valuesOf(row).forEach((value, index) => (result[index] ??= []).push(value))
  return result
}

/** One statement can't touch a row twice; in the order of keys, against deadlocks. */
function distinctRows(views: readonly RecordedView[]): RecordedView[] {
  const rows = new Map<string, RecordedView>()
  for (const view of views) {
    const key = JSON.stringify([view.userId, view.timestamp, view.messageId])
    const standing = rows.get(key)
    rows.set(
      key,
      standing === undefined
        ? view
        : {
            ...view,
            productId: larger(view.productId, standing.productId),
            source: larger(view.source, standing.source),
          },
    )
  }
  return [...rows.values()].sort(
    (a, b) =>
      compareBytes(a.userId, b.userId) || a.timestamp - b.timestamp || compareBytes(a.messageId, b.messageId),
  )
}

function larger(a: string, b: string): string {
  return compareBytes(a, b) > 0 ? a : b
}
