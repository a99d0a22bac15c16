import { backOff } from './back-off.ts'
import { createGate } from './delivery.ts'
import { workPartition } from './partition-worker.ts'
import { createFetch, startOffsets } from './postgres-records.ts'
import { errorText } from './refusals.ts'
import { createLifetime, createSubscription } from './subscription.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { BatchHandler, ReadFrom, ReadOptions, Subscription } from './log.ts'
import type { PostgresTopic } from './postgres-topics.ts'
import type { Postgres } from '#internal/postgres/client.ts'
import type { Tail } from './postgres-tail.ts'

/** Reads all partitions of a topic on PostgreSQL, without a group. */
export function readFromPostgres(options: {
  postgres: Postgres
  tail: Tail
  topic: () => Promise<PostgresTopic>
  from: ReadFrom
  handle: BatchHandler
  consume: ReadOptions
  logger: Logger
}): Subscription {
  const { postgres, tail, from, handle, logger } = options
  const { maxBatch = 200, concurrency = 4, onReached } = options.consume
  const lifetime = createLifetime()
  const gate = createGate(concurrency)
  let healthy = false
  let lastActiveAt = Date.now()

  function onSign(alive: boolean): void {
    healthy = alive
    if (alive) lastActiveAt = Date.now()
  }

  async function locate(): Promise<{ topic: PostgresTopic; starts: Map<number, bigint> } | null> {
    const delays = backOff()
    for (let failures = 0; !lifetime.stopping.aborted; failures++) {
      try {
        const topic = await options.topic()
        const starts = await startOffsets(postgres, topic, from)
        onSign(true)
        return { topic, starts }
      } catch (error) {
        onSign(false)
        if (failures === 0) logger.warn({ reason: errorText(error) }, 'waiting for the log')
        await delays.wait(lifetime.stopping)
      }
    }
    return null
  }

  async function run(): Promise<void> {
    const located = await locate()
    if (!located) return
    const { topic, starts } = located
    const startTime = from.at === 'time' ? Math.trunc(from.appendTime) : 0
    await Promise.all(
      Array.from({ length: topic.partitions }, (_, partition) =>
        workPartition({
          source: {
            fetch: createFetch(postgres, topic, partition, startTime),
            more: (position, signal) => tail.beyond(topic.id, partition, position, signal),
            async commit({ offset }) {
              onReached?.(partition, offset + 1n)
              return true
            },
          },
          from: starts.get(partition) ?? 0n,
          handle,
          maxBatch,
          gate,
          lifetime,
          leaving: lifetime.stopping,
          lost: lifetime.cut,
          logger,
          onSign,
        }),
      ),
    )
  }

  const running = run()
  return createSubscription({
    lifetime,
    healthy: () => healthy,
    lastActiveAt: () => lastActiveAt,
    finish: () => running,
  })
}
