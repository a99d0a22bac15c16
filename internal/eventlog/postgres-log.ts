import { randomUUID } from 'node:crypto'
import { Unavailable } from '#internal/errors/errors.ts'
import { sqlState } from '#internal/postgres/errors.ts'
import { createAppendQueue, defaultAppendLimits } from './append-queue.ts'
import { measureAppends } from './metrics.ts'
import { createPostgresAppend } from './postgres-append.ts'
import { consumeFromPostgres } from './postgres-consumer.ts'
import { createMembership, readLag } from './postgres-group.ts'
import { readFromPostgres } from './postgres-reader.ts'
import { readEnds } from './postgres-records.ts'
import { keepRetention, makeDays } from './postgres-retention.ts'
import { createTail } from './postgres-tail.ts'
import { createPostgresTopics } from './postgres-topics.ts'
import { checkSize } from './refusals.ts'
import type { Postgres } from '#internal/postgres/client.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { AppendLimits, Slice } from './append-queue.ts'
import type { Appended, EventLog, Subscription } from './log.ts'

export interface PostgresLogOptions {
  /** Stays the caller's: closing the log does not close it. A handful of connections is enough. */
  readonly postgres: Postgres
  readonly logger: Logger
  readonly metrics: Metrics
  readonly limits?: Partial<AppendLimits>
}

/** The event log in PostgreSQL; its tables come by `eventLogMigrations`. */
export function createPostgresLog(options: PostgresLogOptions): EventLog {
  const { postgres, logger, metrics } = options
  const topics = createPostgresTopics(postgres)
  const tail = createTail(postgres)
  const retention = keepRetention(postgres, logger)
  const appendSlices = createPostgresAppend(postgres, name => topics.known(name))
  const subscriptions = new Set<Subscription>()

  async function flush(slices: readonly Slice[]): Promise<Appended[][]> {
    try {
      const places = await appendSlices(slices)
      for (const { topic } of slices) tail.grew(topics.known(topic).id)
      return places
    } catch (error) {
      if (sqlState(error) === noPartitionForRow) await makeDays(postgres, Date.now())
      if (passing.has(sqlState(error) ?? '')) throw new Unavailable('The log was busy', { cause: error })
      throw error
    }
  }

  const queue = createAppendQueue(measureAppends(metrics, flush), {
    ...defaultAppendLimits,
    ...options.limits,
  })

  function track(subscription: Subscription): Subscription {
    subscriptions.add(subscription)
    return subscription
  }

  return {
    async ensureTopics(specs) {
      for (const spec of specs) await topics.make(spec)
    },

    async append(topicName, records) {
      const { spec } = await topics.topic(topicName)
      for (const record of records) checkSize(record, spec)
      return queue.append(topicName, records)
    },

    consume: (group, names, handle, consume = {}) =>
      track(
        consumeFromPostgres({
          postgres,
          tail,
          membership: createMembership(postgres, group, randomUUID()),
          topic: name => topics.topic(name),
          topics: names,
          handle,
          consume,
          logger,
        }),
      ),

    readAll: (name, from, handle, consume = {}) =>
      track(
        readFromPostgres({ postgres, tail, topic: () => topics.topic(name), from, handle, consume, logger }),
      ),

    async ends(name) {
      return readEnds(postgres, await topics.topic(name))
    },

    async lag(group, name) {
      return readLag(postgres, group, await topics.topic(name))
    },

    ping: () => postgres.ping(),

    async [Symbol.asyncDispose]() {
      await Promise.all([...subscriptions].map(subscription => subscription[Symbol.asyncDispose]()))
      await queue[Symbol.asyncDispose]()
      await tail[Symbol.asyncDispose]()
      await retention[Symbol.asyncDispose]()
    },
  }
}

/** The day of a record has no table yet. */
const noPartitionForRow = '23514'

/** Failures after which the same append works: a missing day that has been made, a deadlock, a lock not got in time. */
const passing = new Set([noPartitionForRow, '40P01', '40001', '55P03'])
