import { setTimeout as sleep } from 'node:timers/promises'
import { errorText } from './refusals.ts'
import type { Postgres } from '#internal/postgres/client.ts'
import type { Logger } from '#internal/telemetry/logger.ts'

const dayMs = 86_400_000
const everyMs = 60 * 60 * 1000
const lockKey = 7_461_193_203

/** Makes the tables of today and the next two days, for every topic. */
export async function makeDays(postgres: Postgres, now: number): Promise<void> {
  await postgres.execute(
    `SELECT eventlog.make_day(t.id, ($1::bigint / ${dayMs} + d) * ${dayMs})
     FROM eventlog.topic t, generate_series(0, 2) d ORDER BY t.id, d`,
    [now],
  )
}

/** Drops the days that lie wholly before a topic's retention, as of `now` (epoch milliseconds); tells which. */
export async function dropOldDays(postgres: Postgres, now: number): Promise<string[]> {
  const expired = await postgres.query<{ child: string }>(
    `SELECT c.relname AS child
     FROM eventlog.topic t
     JOIN pg_inherits i ON i.inhparent = to_regclass('eventlog.record_' || t.id)
     JOIN pg_class c ON c.oid = i.inhrelid
     WHERE t.retention_ms IS NOT NULL
       AND to_date(right(c.relname, 8), 'YYYYMMDD') + 1 <= (to_timestamp(($1::bigint - t.retention_ms) / 1000.0) AT TIME ZONE 'UTC')::date
     ORDER BY c.relname`,
    [now],
  )
  for (const { child } of expired) {
    await postgres.transaction({}, async tx => {
      // Dropping waits for the readers of the topic, and all others wait behind it: better try again later.
      await tx.execute(`SET LOCAL lock_timeout = '2s'`)
      await tx.execute(`DROP TABLE IF EXISTS eventlog."${child}"`)
    })
  }
  return expired.map(({ child }) => child)
}

/** Keeps the days in order once an hour, in one process at a time. */
export function keepRetention(postgres: Postgres, logger: Logger): AsyncDisposable {
  const stopping = new AbortController()

  async function keep(): Promise<void> {
    await postgres.transaction({}, async tx => {
      const [lock] = await tx.query<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS mine', [
        lockKey,
      ])
      if (!lock?.mine) return
      await makeDays(postgres, Date.now())
      const dropped = await dropOldDays(postgres, Date.now())
      if (dropped.length > 0) logger.info({ dropped }, 'dropped what is older than the retention')
    })
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await keep().catch((error: unknown) => {
        logger.debug({ reason: errorText(error) }, 'could not look after the retention; trying again later')
      })
      await sleep(everyMs * (0.8 + Math.random() * 0.4), undefined, { signal: stopping.signal }).catch(
        () => undefined,
      )
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
