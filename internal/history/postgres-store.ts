import { InvalidInput } from '#internal/errors/errors.ts'
import { sqlState } from '#internal/postgres/errors.ts'
import { foldMessages, foldViews } from './fold.ts'
import { latestSql, newestSql, takeableSql, viewsOfMonthSql } from './postgres-reads.ts'
import { deleteTakenSql, keepTakenSql } from './postgres-take-over.ts'
import { historyReadCap } from './store.ts'
import type { RecordedView } from '#internal/domain/product-view.ts'
import type { Postgres } from '#internal/postgres/client.ts'
import type { HistoryStore, HistoryTtl } from './store.ts'

/** The history store in PostgreSQL, in the tables of `historyPostgresMigrations`. `now` gives epoch milliseconds. */
export function createPostgresHistoryStore(options: {
  postgres: Postgres
  ttl: HistoryTtl
  now: () => number
}): HistoryStore {
  const { postgres, ttl, now } = options

  async function write(sql: string, values: readonly unknown[], name: string): Promise<void> {
    try {
      await postgres.execute(sql, values, { name })
    } catch (error) {
      throw asRefusal(error)
    }
  }

  async function forget(userId: string, productId: string, at: number): Promise<void> {
    const values = [userId, productId, time(at)]
    await write(keepDeletionSql, values, 'history-keep-deletion')
    // What the deletion hides is taken out as well; reads don't depend on it.
    await write(deleteRowsSql, values, 'history-delete-rows')
  }

  return {
    async recordViews(views) {
      for (let from = 0; from < views.length; from += rowsAtOnce) {
        const part = views.slice(from, from + rowsAtOnce)
        const history = foldViews(part.filter(view => view.effectiveTime > now() - ttl.historyMs))
        const rows = foldMessages(part.filter(view => view.timestamp > now() - ttl.viewsMs))
        await write(recordSql, [...historyColumns(history), ...viewColumns(rows)], 'history-record')
      }
    },

    forgetProduct: (userId, productId, at) => forget(userId, productId, at),
    forgetUser: (userId, at) => forget(userId, wholeHistory, at),

    async takeOver(userId, guestId, upTo) {
      let after = ''
      for (;;) {
        const rows = await postgres.query<HistoryRow>(
          takeableSql,
          [guestId, time(now() - ttl.historyMs), time(upTo), after, rowsAtOnce],
          { name: 'history-takeable' },
        )
        const last = rows.at(-1)
        if (last === undefined) return
        await write(upsertHistorySql, historyColumns(rows.map(asViewOf(userId))), 'history-give')
        const taken = [
          guestId,
          rows.map(({ productid }) => productid),
          rows.map(({ messagetime }) => messagetime.toISOString()),
        ]
        await write(keepTakenSql, taken, 'history-keep-taken')
        await write(deleteTakenSql, taken, 'history-delete-taken')
        after = last.productid
      }
    },

    async latest(userId, { limit, after }) {
      const rows = await postgres.query<LatestRow>(
        latestSql,
        [
          userId,
          time(now() - ttl.historyMs),
          historyReadCap,
          after ? time(after.viewedAt) : 'infinity',
          after?.productId ?? '',
          limit + 1,
        ],
        { name: 'history-latest' },
      )
      const found = rows.flatMap(({ productid, messagetime, source }) =>
        productid === null ? [] : [{ productId: productid, viewedAt: messagetime.getTime(), source }],
      )
      const items = found.slice(0, limit)
      const last = items.at(-1)
      return {
        items,
        next: last && found.length > limit ? { viewedAt: last.viewedAt, productId: last.productId } : null,
        truncated: rows[0]?.truncated ?? false,
      }
    },

    async newestEffectiveTime(userId, productId) {
      const [row] = await postgres.query<{ newest: Date | null }>(
        newestSql,
        [userId, time(now() - ttl.historyMs), productId ?? null],
        { name: 'history-newest' },
      )
      return row?.newest?.getTime() ?? null
    },

    async viewsOfMonth(userId, month, limit) {
      const rows = await postgres.query<ViewRow>(
        viewsOfMonthSql,
        [userId, `${month}-01`, time(now() - ttl.viewsMs), limit],
        { name: 'history-views-of-month' },
      )
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

interface HistoryRow {
  productid: string
  messagetime: Date
  source: string
}

/** Either a product, or one row of nulls when the page is empty. */
type LatestRow = { truncated: boolean } & (HistoryRow | { productid: null; messagetime: null; source: null })

interface ViewRow {
  messageid: string
  productid: string
  source: string
  messagetime: Date
}

const rowsAtOnce = 2_000
const wholeHistory = ''

const time = (ms: number) => new Date(ms).toISOString()

/** What a row of `user_history` is made of. */
type Remembered = Pick<RecordedView, 'userId' | 'productId' | 'effectiveTime' | 'source'>

const asViewOf =
  (userId: string) =>
  ({ productid, messagetime, source }: HistoryRow): Remembered => ({
    userId,
    productId: productid,
    effectiveTime: messagetime.getTime(),
    source,
  })

function historyColumns(views: readonly Remembered[]): unknown[] {
  return [
    views.map(({ userId }) => userId),
    views.map(({ productId }) => productId),
    views.map(({ effectiveTime }) => time(effectiveTime)),
    views.map(({ source }) => source),
  ]
}

function viewColumns(views: readonly RecordedView[]): unknown[] {
  return [
    views.map(({ messageId }) => messageId),
    views.map(({ userId }) => userId),
    views.map(({ productId }) => productId),
    views.map(({ source }) => source),
    views.map(({ timestamp }) => time(timestamp)),
  ]
}

/**
 * The rows come, and are locked, in the order of their keys: two loaders that meet wait for each other and never
 * deadlock.
 */
const upsertHistorySql = `
INSERT INTO productviews.user_history AS old (userid, productid, messagetime, source)
SELECT userid, productid, messagetime, source
FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[])
  AS new (userid, productid, messagetime, source)
ON CONFLICT (userid, productid) DO UPDATE
  SET messagetime = excluded.messagetime, source = excluded.source
  WHERE (excluded.messagetime, excluded.source) > (old.messagetime, old.source)`

/** Both tables in one statement, so that a batch is durable as a whole; its rows come in the order of their keys, too. */
const recordSql = `
WITH recorded AS (
  INSERT INTO productviews.product_views AS old (messageid, event, userid, productid, source, messagetime)
  SELECT messageid, 'ProductView', userid, productid, source, messagetime
  FROM unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[])
    AS new (messageid, userid, productid, source, messagetime)
  ON CONFLICT (userid, messagetime, messageid) DO UPDATE
    SET productid = greatest(old.productid, excluded.productid), source = greatest(old.source, excluded.source)
    WHERE excluded.productid > old.productid OR excluded.source > old.source
)${upsertHistorySql}`

const keepDeletionSql = `
INSERT INTO productviews.user_history_deletions AS old (userid, productid, deletedat)
VALUES ($1, $2, $3)
ON CONFLICT (userid, productid) DO UPDATE SET deletedat = excluded.deletedat
  WHERE excluded.deletedat > old.deletedat`

/** Locks in the order in which views are recorded. */
const deleteRowsSql = `
DELETE FROM productviews.user_history
WHERE userid = $1 AND messagetime <= $3 AND productid IN (
  SELECT productid FROM productviews.user_history
  WHERE userid = $1 AND messagetime <= $3 AND ($2 = '' OR productid = $2)
  ORDER BY productid
  FOR UPDATE
)`

/** Text that PostgreSQL cannot hold (class 22) or a key too long for its index (54000): no further try helps. */
function asRefusal(error: unknown): unknown {
  const state = sqlState(error)
  if (state === null || !(state.startsWith('22') || state === '54000')) return error
  const reason = (error as Error).message
  return new InvalidInput(`PostgreSQL cannot store the view or deletion: ${reason}`, undefined, {
    cause: error,
  })
}
