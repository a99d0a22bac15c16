import { setTimeout as sleep } from 'node:timers/promises'
import cassandra from 'cassandra-driver'
import { Unavailable } from '#internal/errors/errors.ts'
import { authProviderOf, sslOptionsOf } from './login.ts'
import type { Client, DseClientOptions } from 'cassandra-driver'
import type { CassandraOptions } from './client.ts'

const connectLimitMs = 3_000
const requestLimitMs = 5_000
const closeLimitMs = 5_000

/** Keeps one driver client connected: a client that never connected is thrown away, the next caller makes another. */
export interface Connector {
  connected(): Promise<Client>
  /** `null` while not connected. */
  current(): Client | null
  withoutKeyspace<T>(work: (client: Client) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export function createConnector(options: CassandraOptions): Connector {
  const { keyspace, logger } = options
  let connecting: Promise<Client> | null = null
  let current: Client | null = null
  let closed = false

  async function open(clientOptions: DseClientOptions): Promise<Client> {
    const client = new cassandra.Client(clientOptions)
    // What the driver says is about nodes that come and go; what fails is told to the caller.
    client.on('log', (level: string, className: string, message: string) => {
      if (level === 'warning' || level === 'error') logger.debug({ className }, message)
    })
    client.on('hostDown', (host: { address: string }) =>
      logger.warn({ node: host.address }, 'lost a Cassandra node'),
    )
    try {
      await client.connect()
      return client
    } catch (error) {
      await client.shutdown().catch(() => {})
      throw error
    }
  }

  async function connect(): Promise<Client> {
    try {
      const client = await open({ ...driverOptions(options), keyspace })
      if (closed) {
        await client.shutdown()
        throw new Unavailable('this Cassandra client is closed')
      }
      current = client
      return client
    } finally {
      connecting = null
    }
  }

  return {
    current: () => current,
    async connected() {
      if (closed) throw new Unavailable('this Cassandra client is closed')
      return current ?? (connecting ??= connect())
    },
    async withoutKeyspace(work) {
      const client = await open(driverOptions(options))
      try {
        return await work(client)
      } finally {
        await client.shutdown()
      }
    },
    async close() {
      closed = true
      await connecting?.catch(() => {})
      const client = current
      current = null
      if (client && !(await endsInTime(client.shutdown()))) {
        logger.warn({ nodes: options.contactPoints }, 'left Cassandra connections that were still in use')
      }
    },
  }
}

async function endsInTime(work: Promise<void>): Promise<boolean> {
  const late = new AbortController()
  const timer = sleep(closeLimitMs, false, { signal: late.signal }).catch(() => false)
  const ended = work.then(
    () => true,
    () => true,
  )
  const inTime = await Promise.race([ended, timer])
  late.abort()
  return inTime
}

function driverOptions(options: CassandraOptions): DseClientOptions {
  const { contactPoints, localDataCenter, consistency = 'LOCAL_QUORUM', tls, login } = options
  const { consistencies } = cassandra.types
  return {
    contactPoints: [...contactPoints],
    localDataCenter,
    applicationName: options.applicationName,
    ...(login && { authProvider: authProviderOf(login) }),
    ...(tls && { sslOptions: sslOptionsOf(tls, contactPoints) }),
    queryOptions: {
      consistency: consistencies[consistency === 'LOCAL_QUORUM' ? 'localQuorum' : 'localOne'],
      serialConsistency: consistencies.localSerial,
      prepare: true,
    },
    pooling: { heartBeatInterval: 10_000, warmup: true },
    socketOptions: { connectTimeout: connectLimitMs, readTimeout: requestLimitMs },
    policies: {
      reconnection: new cassandra.policies.reconnection.ExponentialReconnectionPolicy(200, 3_000, false),
    },
  }
}
