import cassandra from 'cassandra-driver'
import { Misconfigured, Unavailable } from '#internal/errors/errors.ts'
import { forEachAtMost } from './concurrent.ts'
import { createConnector } from './connector.ts'
import { translate } from './errors.ts'
import { observeConnections } from './metrics.ts'
import { plainRow } from './rows.ts'
import type { Client, QueryOptions } from 'cassandra-driver'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'

export type Params = readonly unknown[]

export interface Statement {
  readonly cql: string
  readonly params: Params
}

export interface ExecuteOptions {
  /** The write's timestamp in microseconds since 1970, where the statement has none of its own; default: the client's clock. */
  readonly timestampMicros?: number
  /** May it be sent twice? Default true: say false for what is not, such as a counter. */
  readonly idempotent?: boolean
  /** Rows fetched at once. Default 5,000. */
  readonly pageSize?: number
  /** Default 5 s. */
  readonly timeoutMs?: number
}

/**
 * Statements on Cassandra in one keyspace, prepared and with bound values only. Rows come as plain objects: `bigint`
 * as numbers where exact (else BigInt), `uuid` as text, `timestamp` as `Date`, sets as lists. Every method rejects
 * with `Unavailable` while the nodes are away, late or busy, or the keyspace is not there yet.
 */
export interface Cassandra extends AsyncDisposable {
  readonly keyspace: string
  /** All rows of a statement, page by page into memory: for bounded answers. */
  execute<T = unknown>(cql: string, params?: Params, options?: ExecuteOptions): Promise<T[]>
  /** One statement with many values, `concurrency` (default 128) in flight; at the first failure no more are begun. */
  executeMany(
    cql: string,
    paramsList: Iterable<Params> | AsyncIterable<Params>,
    options?: ExecuteOptions & { concurrency?: number },
  ): Promise<void>
  /** Rows as they come, a page in memory at once; break off at any time. */
  stream<T>(cql: string, params?: Params, options?: ExecuteOptions): AsyncIterable<T>
  /** Writes statements of one partition together: all or none. */
  batch(statements: readonly Statement[], options?: ExecuteOptions): Promise<void>
  /** Runs a statement with IF; `row` is what stood there when it was not applied. An `Unavailable` leaves its outcome unknown. */
  executeIf<T = unknown>(cql: string, params?: Params): Promise<{ applied: boolean; row: T | null }>
  /** Makes the keyspace where it is missing. */
  ensureKeyspace(): Promise<void>
  /** Changes the schema; resolves when all nodes agree on it, and rejects with `Unavailable` when they don't in time. */
  define(cql: string): Promise<void>
  /** Resolves when a node answers within two seconds. */
  ping(): Promise<void>
}

export interface Tls {
  /** PEM, asked at each new connection; without it the system's CAs count. */
  readonly ca?: () => string
}

export interface Login {
  readonly username: string
  /** Asked at each new connection: it may change. */
  readonly password: () => string
}

export interface CassandraOptions {
  /** "host:port" of some nodes; the others are found through them. The port may be left out: 9042. */
  readonly contactPoints: readonly string[]
  readonly localDataCenter: string
  readonly keyspace: string
  /** Replicas in the local data center of a keyspace that is made new. */
  readonly replication: number
  /** How many replicas must answer. Default LOCAL_QUORUM, which is one where there is one. */
  readonly consistency?: 'LOCAL_QUORUM' | 'LOCAL_ONE'
  readonly applicationName: string
  readonly login?: Login
  /** With it nodes must prove themselves by a CA, and by a contact point's host name or their own address. */
  readonly tls?: Tls
  readonly logger: Logger
  readonly metrics?: Metrics
}

const pingLimitMs = 2_000
const schemaLimitMs = 30_000
const defaultConcurrency = 128

/** A client that connects when it is first used, so that nodes may be away at the start; it reconnects by itself. */
export function connectCassandra(options: CassandraOptions): Cassandra {
  const { keyspace, localDataCenter, replication } = options
  if (!/^\w{1,48}$/.test(keyspace))
    throw new Misconfigured(`"${keyspace}" is no name for a Cassandra keyspace`)
  if (!/^[\w. -]+$/.test(localDataCenter)) {
    throw new Misconfigured(`"${localDataCenter}" is no name of a Cassandra data center`)
  }
  const where = options.contactPoints.join(', ')
  const known = { passwordMayChange: options.login !== undefined }
  const connector = createConnector(options)
  if (options.metrics) observeConnections(options.metrics, () => connector.current())

  async function using<T>(work: (client: Client) => Promise<T>): Promise<T> {
    try {
      return await work(await connector.connected())
    } catch (error) {
      throw translate(error, where, known)
    }
  }

  const run = (cql: string, params: Params, queryOptions: QueryOptions) =>
    using(client => client.execute(cql, [...params], queryOptions))

  const self: Cassandra = {
    keyspace,
    async execute<T>(cql: string, params: Params = [], executeOptions: ExecuteOptions = {}) {
      const rows: T[] = []
      for await (const row of self.stream<T>(cql, params, executeOptions)) rows.push(row)
      return rows
    },
    async executeMany(cql, paramsList, { concurrency = defaultConcurrency, ...executeOptions } = {}) {
      const queryOptions = queryOptionsOf(executeOptions)
      await forEachAtMost(
        concurrency,
        paramsList,
        async params => void (await run(cql, params, queryOptions)),
      )
    },
    async *stream<T>(cql: string, params: Params = [], executeOptions: ExecuteOptions = {}) {
      let queryOptions = queryOptionsOf(executeOptions)
      for (;;) {
        const page = await run(cql, params, queryOptions)
        for (const row of page.rows ?? []) yield plainRow<T>(row)
        if (!page.pageState) return
        queryOptions = { ...queryOptions, pageState: page.pageState }
      }
    },
    async batch(statements, executeOptions = {}) {
      const [first] = statements
      if (first === undefined) return
      if (statements.length === 1) {
        await run(first.cql, first.params, queryOptionsOf(executeOptions))
        return
      }
      const queries = statements.map(({ cql, params }) => ({ query: cql, params: [...params] }))
      const queryOptions = { ...queryOptionsOf(executeOptions), logged: false }
      await using(client => client.batch(queries, queryOptions))
    },
    async executeIf<T>(cql: string, params: Params = []) {
      const result = await run(cql, params, queryOptionsOf({ idempotent: false }))
      const row = result.first()
      const applied = result.wasApplied()
      return { applied, row: applied || !row ? null : plainRow<T>(row) }
    },
    async ensureKeyspace() {
      const cql = `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = {'class': 'NetworkTopologyStrategy', '${localDataCenter}': ${Math.trunc(replication)}}`
      try {
        await connector.withoutKeyspace(client => client.execute(cql, [], { readTimeout: schemaLimitMs }))
      } catch (error) {
        throw translate(error, where, known)
      }
    },
    async define(cql) {
      const { info } = await using(client => client.execute(cql, [], { readTimeout: schemaLimitMs }))
      // The driver's types leave this field out.
      if ((info as { isSchemaInAgreement?: boolean }).isSchemaInAgreement === false) {
        throw new Unavailable(`the nodes of Cassandra at ${where} do not agree on the schema yet; try again`)
      }
    },
    async ping() {
      await within(
        pingLimitMs,
        run('SELECT release_version FROM system.local', [], { prepare: true, isIdempotent: true }),
        where,
      )
    },
    [Symbol.asyncDispose]: () => connector.close(),
  }
  return self
}

function queryOptionsOf(options: ExecuteOptions): QueryOptions {
  const { timestampMicros, idempotent = true, pageSize, timeoutMs } = options
  return {
    prepare: true,
    isIdempotent: idempotent,
    ...(timestampMicros !== undefined && { timestamp: cassandra.types.Long.fromNumber(timestampMicros) }),
    ...(pageSize !== undefined && { fetchSize: pageSize }),
    ...(timeoutMs !== undefined && { readTimeout: timeoutMs }),
  }
}

async function within<T>(ms: number, promise: Promise<T>, where: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Unavailable(`Cassandra at ${where} did not answer within ${ms} ms`)),
      ms,
    )
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
