import { setTimeout as sleep } from 'node:timers/promises'
import type { Postgres } from '#internal/postgres/client.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { HistoryTtl } from './store.ts'

const everyMs = 10 * 60_000
const dayMs = 86_400_000
const rowsAtOnce = 5_000
const lockKey = 7_461_193_205

/** Rows that somebody is writing are left for the next time, so that a sweep waits for nobody. */
const purge = (table: string, column: string) => `
  DELETE FROM productviews.${table} WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM productviews.${table} WHERE ${column} <= $1 LIMIT ${rowsAtOnce} FOR UPDATE SKIP LOCKED))`

/** Views that came after the deletion that covers them: no reader sees them, and they are not to be kept. */
const purgeCovered = `
  DELETE FROM productviews.user_history WHERE ctid = ANY (ARRAY(
    SELECT history.ctid
    FROM productviews.user_history_deletions deletion
    JOIN productviews.user_history history ON history.userid = deletion.userid
    WHERE deletion.deletedat > $1
      AND deletion.productid IN ('', history.productid)
      AND history.messagetime <= deletion.deletedat
    LIMIT ${rowsAtOnce} FOR UPDATE OF history SKIP LOCKED))`

/** Purges once what no reader sees any more; tells how many rows went, `null` when somebody else was at it. */
export async function sweepHistory(options: {
  postgres: Postgres
  ttl: HistoryTtl
  now: () => number
}): Promise<number | null> {
  const { postgres, ttl, now } = options
  // Deletions outlive what they delete by a day.
  const steps = [
    { sql: purge('product_views', 'messagetime'), keepMs: ttl.viewsMs },
    { sql: purge('user_history', 'messagetime'), keepMs: ttl.historyMs },
    { sql: purgeCovered, keepMs: ttl.historyMs + dayMs },
    { sql: purge('user_history_deletions', 'deletedat'), keepMs: ttl.historyMs + dayMs },
  ]

  /** A transaction of its own, so that no lock is held for long; the first lock says whose turn it is. */
  async function sweepSome(sql: string, keepMs: number): Promise<number | null> {
    return postgres.transaction({}, async tx => {
      const [lock] = await tx.query<{ taken: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS taken', [
        lockKey,
      ])
      return lock?.taken ? tx.execute(sql, [new Date(now() - keepMs)]) : null
    })
  }

  let gone = 0
  for (const { sql, keepMs } of steps) {
    let rows: number | null
    do {
      rows = await sweepSome(sql, keepMs)
      if (rows === null) return null
      gone += rows
    } while (rows === rowsAtOnce)
  }
  return gone
}

/** Sweeps now and then every ten minutes or so, until it is disposed. */
export function startHistorySweeper(options: {
  postgres: Postgres
  ttl: HistoryTtl
  now: () => number
  logger: Logger
}): AsyncDisposable {
  const { logger } = options
  const stopping = new AbortController()

  async function sweep(): Promise<void> {
    try {
      const gone = await sweepHistory(options)
      if (gone) logger.debug({ gone }, 'purged what was past its time')
    } catch (error) {
      logger.debug({ error }, 'could not purge the history; trying again later')
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await sweep()
      const pause = everyMs * (0.8 + Math.random() * 0.4)
      await sleep(pause, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  const running = run()
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await running
    },
  }
}
