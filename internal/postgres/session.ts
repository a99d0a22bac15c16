import { finished } from 'node:stream/promises'
import { once } from 'node:events'
import { from as copyFrom } from 'pg-copy-streams'
import { Unavailable } from '#internal/errors/errors.ts'
import type { ClientBase } from 'pg'
import type { Queryable, QueryOptions } from './client.ts'

/** How much longer than the server's own time-out we wait for an answer, before a silent connection counts as dead. */
const silenceMs = 5_000

/** Rejects with `Unavailable` when a promise takes longer; `ms` 0 waits for ever. */
export async function within<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  if (ms === 0) return promise
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Unavailable(`PostgreSQL: ${what} took longer than ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Statements on one connection. `statementTimeoutMs` 0 means no limit. */
export function createSession(client: ClientBase, statementTimeoutMs: number): Queryable {
  const limitMs = statementTimeoutMs === 0 ? 0 : statementTimeoutMs + silenceMs

  let cursors = 0

  async function run(text: string, values: readonly unknown[], { name, oneStatement }: QueryOptions = {}) {
    const query = {
      text,
      values: [...values],
      query_timeout: limitMs,
      ...(name !== undefined && { name }),
      // The simple protocol, which pg takes where nothing is bound, runs several statements.
      ...(oneStatement && { queryMode: 'extended' }),
    }
    return client.query(query)
  }

  return {
    async query<T>(sql: string, values: readonly unknown[] = [], options: QueryOptions = {}) {
      return (await run(sql, values, options)).rows as T[]
    },
    async execute(sql, values = [], options = {}) {
      return (await run(sql, values, options)).rowCount ?? 0
    },
    /** A cursor of SQL, not of the protocol: so each fetch has the statement's limit, and not all of them together. */
    async *stream<T>(sql: string, values: readonly unknown[] = [], options: { batchRows?: number } = {}) {
      const batchRows = Math.trunc(options.batchRows ?? 1_000)
      const cursor = `rows_${(cursors += 1)}`
      await run("SELECT set_config('cursor_tuple_fraction', '1', true)", [])
      await run(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${sql}`, values)
      let open = true
      const next = async () => {
        try {
          return (await run(`FETCH ${batchRows} FROM ${cursor}`, [])).rows as T[]
        } catch (error) {
          // The transaction is lost, and the cursor with it.
          open = false
          throw error
        }
      }
      try {
        for (;;) {
          const rows = await next()
          yield* rows
          if (rows.length < batchRows) return
        }
      } finally {
        if (open) await run(`CLOSE ${cursor}`, [])
      }
    },
    async copyIn(sql, chunks) {
      const sink = client.query(copyFrom(sql))
      let refusal: Error | null = null
      // After the server's error the sink has let go of the connection, yet would still write what it holds.
      sink.once('error', error => {
        refusal = error
        sink.destroy()
      })
      const done = finished(sink)
      done.catch(() => {})
      try {
        for await (const chunk of chunks) {
          if (refusal !== null) break
          if (!sink.write(chunk)) {
            await within(Promise.race([once(sink, 'drain'), done]), limitMs, 'taking copied rows')
          }
        }
        if (refusal === null) sink.end()
        await within(done, limitMs, 'ending a copy')
        return sink.rowCount
      } catch (error) {
        if (refusal !== null) throw refusal
        // The server answers CopyFail with an error of its own; only then is the connection free again.
        sink.destroy(error instanceof Error ? error : new Error(String(error)))
        await within(
          done.catch(() => {}),
          silenceMs,
          'giving up a copy',
        )
        throw error
      }
    },
  }
}
