import type { Postgres } from '#internal/postgres/client.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { HistoryTtl } from './store.ts'

const everyMs = 10 * 60_000
const dayMs = 86_400_000
const rowsAtOnce = 5_000
const lockKey = 7_461_193_205

/** Deletions outlive what they delete by a day. */
const sweeps = [
  { table: 'product_views', column: 'messagetime', keepMs: (ttl: HistoryTtl) => ttl.viewsMs },
  { table: 'user_history', column: 'messagetime', keepMs: (ttl: HistoryTtl) => ttl.historyMs },
  {
    table: 'user_history_deletions',
    column: 'deletedat',
    keepMs: (ttl: HistoryTtl) => ttl.historyMs + dayMs,
  },
] as const

/** Purges once what is past its time, if nobody else does; tells how many rows went, `null` when somebody else was at it. */
export async function sweepHistory(options: {
  postgres: Postgres
  ttl: HistoryTtl
  now: () => number
}): Promise<number | null> {
  const { postgres, ttl, now } = options
  let gone = 0
  for (const { table, column, keepMs } of sweeps) {
    for (let rows = rowsAtOnce; rows === rowsAtOnce; gone += rows) {
      const swept = await postgres.transaction({}, async tx => {
        const [lock] = await tx.query<{ taken: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS taken', [
          lockKey,
        ])
        if (!lock?.taken) return null
        return tx.execute(
          `DELETE FROM productviews.${table} WHERE ctid IN (
             SELECT ctid FROM productviews.${table} WHERE ${column} <= $1 LIMIT ${rowsAtOnce})`,
          [new Date(now() - keepMs(ttl))],
        )
      })
      if (swept === null) return null
      rows = swept
    }
  }
  return gone
}

/** Sweeps every ten minutes until it is disposed. */
export function startHistorySweeper(options: {
  postgres: Postgres
  ttl: HistoryTtl
  now: () => number
  logger: Logger
}): AsyncDisposable {
  let current = Promise.resolve()
  const timer = setInterval(() => {
    current = current
      .then(() => sweepHistory(options))
      .then(
        gone => {
          if (gone) options.logger.debug({ gone }, 'purged what was past its time')
        },
        (error: unknown) => options.logger.warn({ error }, 'could not purge the history; trying again later'),
      )
  }, everyMs)
  timer.unref()
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await current
    },
  }
}
