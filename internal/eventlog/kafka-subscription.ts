import { deliver } from './delivery.ts'
import { createLifetime, createSubscription } from './subscription.ts'
import type { KafkaClient } from '#internal/kafka/client.ts'
import type { IncomingRecord } from '#internal/kafka/consumer.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { BatchHandler, LogRecord, ReadOptions, Subscription } from './log.ts'

/** A consumer on Kafka; with `positions` it reads without committing, in groups that go when it ends. */
export function createKafkaSubscription(options: {
  client: KafkaClient
  groupId: () => string
  topics: readonly string[]
  positions?: () => Promise<Map<number, bigint>>
  handle: BatchHandler
  consume: ReadOptions
  logger: Logger
}): Subscription {
  const { client, topics, positions, handle, logger } = options
  const { maxBatch = 200, concurrency = 4, onReached } = options.consume
  const lifetime = createLifetime()
  let groupId = ''
  const consumer = client.consume({
    groupId() {
      if (positions && groupId !== '') void forget(groupId)
      groupId = options.groupId()
      return groupId
    },
    topics,
    maxBatch,
    concurrency,
    ...(positions && { positions }),
    ...(onReached && { onReached }),
    onSlice: (records, { leaving, lost }) =>
      deliver(records.map(toLogRecord), handle, {
        signal: AbortSignal.any([lifetime.cut, lost]),
        stopping: AbortSignal.any([lifetime.stopping, leaving]),
        logger,
      }),
  })
  return createSubscription({
    lifetime,
    healthy: () => consumer.healthy,
    lastActiveAt: () => consumer.lastActiveAt,
    async finish() {
      await consumer[Symbol.asyncDispose]()
      if (positions && groupId !== '') await forget(groupId)
    },
  })

  /** As a courtesy: brokers forget an empty group by themselves, after days. */
  async function forget(group: string): Promise<void> {
    await client.admin.deleteGroup(group).catch(() => undefined)
  }
}

const toLogRecord = ({ timestamp, ...record }: IncomingRecord): LogRecord => ({
  ...record,
  appendTime: timestamp,
})
