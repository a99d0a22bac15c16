import pg from 'pg'
import { Unavailable } from '#internal/errors/errors.ts'
import { cancelOnAbort } from './cancel.ts'
import { isConnectionFailure, translate } from './errors.ts'
import { listenOn } from './listen.ts'
import { createSession, within } from './session.ts'
import { describeServer } from './server.ts'
import { tlsOf } from './tls.ts'
import { types } from './types.ts'
import type { ClientConfig, PoolClient } from 'pg'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'

/**
 * Statements on PostgreSQL, with bound values only. Rows come as objects: `bigint` columns as numbers where exact
 * (else BigInt), `timestamptz` as `Date`, `numeric` as text, `bytea` as `Buffer`. Every method rejects with
 * `Unavailable` when the server is away or late, and with the server's own error otherwise (see `sqlState`).
 */
export interface Queryable {
  /**
   * The rows of one statement; with a `name` it is prepared once per connection. Text of others needs `oneStatement`:
   * then the server refuses what holds more than one.
   */
  query<T>(sql: string, values?: readonly unknown[], options?: QueryOptions): Promise<T[]>
  /** Runs one statement and tells how many rows it touched. */
  execute(sql: string, values?: readonly unknown[], options?: { name?: string }): Promise<number>
  /** Rows through a cursor, `batchRows` (default 1,000) in memory at once. Read to the end or break off: both free the connection. */
  stream<T>(sql: string, values?: readonly unknown[], options?: { batchRows?: number }): AsyncIterable<T>
  /** Feeds `COPY … FROM STDIN` and tells the number of rows; when `chunks` throws, nothing is copied. */
  copyIn(sql: string, chunks: AsyncIterable<string | Buffer> | Iterable<string | Buffer>): Promise<number>
}

export interface QueryOptions {
  readonly name?: string
  readonly oneStatement?: boolean
}

export interface TransactionOptions {
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable'
  readonly readOnly?: boolean
  /** Limit of each statement in this transaction; 0 means none. Default: the connection's. */
  readonly statementTimeoutMs?: number
  /** Once it aborts, what runs is cancelled at the server, over a second connection, and the reason is thrown. */
  readonly signal?: AbortSignal
}

export interface Postgres extends Queryable, AsyncDisposable {
  /** Commits when `work` resolves, rolls back when it throws. An `Unavailable` at the commit leaves its outcome unknown. */
  transaction<T>(options: TransactionOptions, work: (tx: Queryable) => Promise<T>): Promise<T>
  /**
   * Calls back with each notification's payload, on a connection of its own that is made anew when it breaks. After
   * each connecting, the first too, it calls back with an empty payload: notifications may have been missed.
   */
  listen(channel: string, callback: (payload: string) => void): AsyncDisposable
  /** Resolves when the server answers within two seconds. */
  ping(): Promise<void>
}

export interface PostgresOptions {
  /** TLS as its `sslmode` asks for: always verified in full, also by `require`. A function is asked at each new connection. */
  readonly url: string | (() => string)
  /** PEM, asked at each new connection. With it the server must prove itself by it and by its host name. */
  readonly ca?: () => string
  /** Shown in `pg_stat_activity`, and the metrics' `pool` label. */
  readonly applicationName: string
  readonly maxConnections: number
  /** Limit of each statement, kept by the server; 0 means none. Default 30 s. */
  readonly statementTimeoutMs?: number
  /** Limit for connecting, and for waiting for a free connection. Default 5 s. */
  readonly connectTimeoutMs?: number
  readonly logger: Logger
  readonly metrics?: Metrics
}

/** A client to where the options lead when it is made, and to where the last one led when they lead nowhere any more. */
function followingClient({ url, ca }: Pick<PostgresOptions, 'url' | 'ca'>): typeof pg.Client {
  const look = () => tlsOf(typeof url === 'function' ? url() : url, ca)
  let last = look()
  function now(): typeof last {
    try {
      last = look()
    } catch {
      // The next connection looks again.
    }
    return last
  }
  return class extends pg.Client {
    constructor(config?: ClientConfig) {
      super({ ...config, ...now() })
    }
  }
}

const pingLimitMs = 2_000
const closeLimitMs = 5_000

/** A pool of connections; the first is made by the first statement, so that a server may be away at the start. */
export function connectPostgres(options: PostgresOptions): Postgres {
  const { applicationName, logger } = options
  const statementTimeoutMs = options.statementTimeoutMs ?? 30_000
  const connectTimeoutMs = options.connectTimeoutMs ?? 5_000
  const url = typeof options.url === 'function' ? options.url() : options.url
  const server = describeServer(url)
  const known = { passwordMayChange: typeof options.url === 'function' }
  const Client = followingClient(options)
  const clientOptions = {
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    types,
  }
  const pool = new pg.Pool({
    ...clientOptions,
    Client,
    max: options.maxConnections,
    idleTimeoutMillis: 30_000,
    ...(statementTimeoutMs > 0 && { statement_timeout: statementTimeoutMs }),
  })
  // A connection that breaks while nothing runs on it tells so by an event; unheard, it would end the process.
  // While we close, the server may stop before it has read our farewell: nothing is lost by that.
  pool.on('error', error => {
    if (!pool.ending) logger.warn({ server, reason: error.message }, 'lost an idle PostgreSQL connection')
  })
  pool.on('connect', client => client.on('error', () => {}))
  if (options.metrics) countConnections(pool, applicationName, options.metrics)

  async function checkOut(): Promise<PoolClient> {
    try {
      return await pool.connect()
    } catch (error) {
      throw translate(error, server, known)
    }
  }

  async function using<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await checkOut()
    let broken = false
    try {
      return await work(client)
    } catch (error) {
      broken = isBroken(error)
      throw translate(error, server, known)
    } finally {
      client.release(broken)
    }
  }

  const session = (client: PoolClient) => createSession(client, statementTimeoutMs)

  /** Without a transaction around it a cursor ends at its first statement's end. */
  async function* stream<T>(
    sql: string,
    values?: readonly unknown[],
    streamOptions?: { batchRows?: number },
  ): AsyncGenerator<T> {
    const client = await checkOut()
    let broken = false
    try {
      await client.query('BEGIN READ ONLY')
      yield* session(client).stream<T>(sql, values, streamOptions)
    } catch (error) {
      broken = isBroken(error)
      throw translate(error, server, known)
    } finally {
      broken = broken || !(await rolledBack(client))
      client.release(broken)
    }
  }

  const postgres: Postgres = {
    query: (sql, values, queryOptions) => using(client => session(client).query(sql, values, queryOptions)),
    execute: (sql, values, queryOptions) =>
      using(client => session(client).execute(sql, values, queryOptions)),
    stream,
    copyIn: (sql, chunks) => using(client => session(client).copyIn(sql, chunks)),
    async transaction(transactionOptions, work) {
      const client = await checkOut()
      const { signal } = transactionOptions
      const limitMs = transactionOptions.statementTimeoutMs ?? statementTimeoutMs
      const tx = createSession(client, limitMs)
      let broken = false
      try {
        await tx.execute(beginStatement(transactionOptions))
        if (limitMs !== statementTimeoutMs)
          await tx.execute(`SET LOCAL statement_timeout = ${Math.trunc(limitMs)}`)
        const result = await untilAborted(tx, postgres, signal, work)
        await commit(client)
        return result
      } catch (error) {
        broken = isBroken(error) || !(await rolledBack(client))
        throw translate(error, server, known)
      } finally {
        client.release(broken)
      }
    },
    listen: (channel, callback) => listenOn({ Client, clientOptions, channel, callback, logger, server }),
    async ping() {
      await within(postgres.query('SELECT 1'), pingLimitMs, 'a ping')
    },
    async [Symbol.asyncDispose]() {
      await within(pool.end(), closeLimitMs, 'closing').catch((error: unknown) => {
        logger.warn({ server, error }, 'left PostgreSQL connections that were still in use')
      })
    },
  }
  return postgres
}

/** `Unavailable` here is a time-out of our own: an answer may still come, so the connection is not used again. */
function isBroken(error: unknown): boolean {
  return error instanceof Unavailable || isConnectionFailure(error)
}

async function untilAborted<T>(
  tx: Queryable,
  others: Queryable,
  signal: AbortSignal | undefined,
  work: (tx: Queryable) => Promise<T>,
): Promise<T> {
  if (!signal) return work(tx)
  signal.throwIfAborted()
  await using _ = await cancelOnAbort(tx, others, signal)
  try {
    return await work(tx)
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
}

function beginStatement({ isolation, readOnly }: TransactionOptions): string {
  return `BEGIN ISOLATION LEVEL ${(isolation ?? 'read committed').toUpperCase()} ${readOnly ? 'READ ONLY' : 'READ WRITE'}`
}

/** A transaction in which a statement failed is rolled back by COMMIT, without an error. */
async function commit(client: PoolClient): Promise<void> {
  const { command } = await client.query('COMMIT')
  if (command === 'ROLLBACK') throw new Error('the transaction was rolled back: a statement in it had failed')
}

async function rolledBack(client: PoolClient): Promise<boolean> {
  try {
    await within(client.query('ROLLBACK'), closeLimitMs, 'rolling back')
    return true
  } catch {
    return false
  }
}

function countConnections(pool: pg.Pool, name: string, metrics: Metrics): void {
  const gauge = metrics.gauge({
    name: 'vitrine_postgres_connections',
    help: 'Connections to PostgreSQL by pool; waiting counts callers without one.',
    labels: ['pool', 'state'],
  })
  const update = () => {
    gauge.set({ pool: name, state: 'idle' }, pool.idleCount)
    gauge.set({ pool: name, state: 'busy' }, pool.totalCount - pool.idleCount)
    gauge.set({ pool: name, state: 'waiting' }, pool.waitingCount)
  }
  for (const event of ['acquire', 'release', 'remove', 'connect'] as const) pool.on(event, update)
  update()
}
