import { Misconfigured, Unavailable } from '#internal/errors/errors.ts'
import { sqlState } from '#internal/postgres/errors.ts'
import type { Postgres, Queryable } from '#internal/postgres/client.ts'

/** One moment of the shop's database; everything read through it sees the same. */
export interface ShopSnapshot extends Pick<Queryable, 'query' | 'stream'> {
  /** Epoch milliseconds. */
  readonly at: number
}

export interface SnapshotOptions {
  readonly signal?: AbortSignal
  /** Limit of each statement, kept by the server. Default 10 minutes. */
  readonly statementTimeoutMs?: number
}

/**
 * Runs `work` on one read-only snapshot of the shop's database, whose statements are cancelled once `signal` aborts.
 * What the database refuses rejects with `Misconfigured`, a statement that takes too long with `Unavailable`; messages
 * never hold a row's values.
 */
export async function withSnapshot<T>(
  shop: Postgres,
  work: (snapshot: ShopSnapshot) => Promise<T>,
  { signal, statementTimeoutMs = 10 * 60_000 }: SnapshotOptions = {},
): Promise<T> {
  return shop.transaction(
    { isolation: 'repeatable read', readOnly: true, statementTimeoutMs, ...(signal && { signal }) },
    async tx => {
      // Times without a zone are taken as UTC; and a run that hangs doesn't hold back the shop's vacuum for ever.
      const [clock] = await tx.query<{ at: Date }>(
        `SELECT now() AS at, set_config('TimeZone', 'UTC', true),
           set_config('idle_in_transaction_session_timeout', '${statementTimeoutMs}ms', true)`,
      )
      return work({ ...guarded(tx, statementTimeoutMs), at: (clock?.at ?? new Date()).getTime() })
    },
  )
}

/** The same reads, whose failures say what to do, and whose limit holds also after a query has lifted it. */
function guarded(tx: Queryable, statementTimeoutMs: number): Pick<Queryable, 'query' | 'stream'> {
  const limit = async () => tx.execute(`SET LOCAL statement_timeout = ${Math.trunc(statementTimeoutMs)}`)
  return {
    async query<T>(...statement: Parameters<Queryable['query']>) {
      try {
        await limit()
        return await tx.query<T>(...statement)
      } catch (error) {
        throw explain(error)
      }
    },
    async *stream<T>(...statement: Parameters<Queryable['stream']>) {
      try {
        await limit()
        yield* tx.stream<T>(...statement)
      } catch (error) {
        throw explain(error)
      }
    },
  }
}

/** Bad data (21, 22, 23), a write (25), what can't be done (0A), a function's own error (38, 39, P0), what is not there (42). */
const refusals = /^(0A|21|22|23|25|38|39|42|P0)/
/** Their messages hold values of the shop's rows: between quotes, or wherever a function put them. */
const quotingRefusals = /^(22|23)/
const ownErrors = /^(38|39|P0)/

function explain(error: unknown): unknown {
  const state = sqlState(error)
  if (state === null) return error
  const said = whatServerSaid(error)
  if (state === '57014') {
    return new Unavailable(`a statement on the shop's database was stopped: ${said}`, { cause: error })
  }
  if (state === '42501') {
    return new Misconfigured(`the shop's database refuses to be read (${said}): grant SELECT on it`, {
      cause: error,
    })
  }
  if (!refusals.test(state)) return error
  return new Misconfigured(`the shop's database can't answer: ${said}`, { cause: error })
}

/** The server's own words, without values of the shop's rows. */
export function whatServerSaid(error: unknown): string {
  const state = sqlState(error) ?? ''
  if (ownErrors.test(state)) return `a function raised an error of its own (${state}), see the server's log`
  let told = error
  while (told instanceof Error && told.cause !== undefined) told = told.cause
  const message = told instanceof Error ? told.message : String(told)
  return quotingRefusals.test(state) ? message.replace(/".*"/s, '"…"') : message
}
