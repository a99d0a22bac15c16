import { deliver } from './delivery.ts'
import { createLifetime, createSubscription } from './subscription.ts'
import type { KafkaClient } from '#internal/kafka/client.ts'
import type { IncomingRecord } from '#internal/kafka/consumer.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { BatchHandler, ConsumeOptions, LogRecord, Subscription } from './log.ts'

/** A consumer on Kafka; with `positions` it reads without committing, in a group that goes when it ends. */
export function createKafkaSubscription(options: {
  client: KafkaClient
  groupId: string
  topics: readonly string[]
  positions?: () => Promise<Map<number, bigint>>
  handle: BatchHandler
  consume: ConsumeOptions
  logger: Logger
}): Subscription {
  const { client, groupId, topics, positions, handle, logger } = options
  const { maxBatch = 200, concurrency = 4 } = options.consume
  const lifetime = createLifetime()
  const consumer = client.consume({
    groupId,
    topics,
    maxBatch,
    concurrency,
    ...(positions && { positions }),
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
      // Brokers forget an empty group by themselves, after days.
      if (positions) await client.admin.deleteGroup(groupId).catch(() => undefined)
    },
  })
}

const toLogRecord = ({ timestamp, ...record }: IncomingRecord): LogRecord => ({
  ...record,
  appendTime: timestamp,
})
