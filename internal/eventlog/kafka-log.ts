import { randomUUID } from 'node:crypto'
import { InvalidInput } from '#internal/errors/errors.ts'
import { createKafkaClient } from '#internal/kafka/client.ts'
import { createAppendQueue, defaultAppendLimits } from './append-queue.ts'
import { createKafkaSubscription } from './kafka-subscription.ts'
import { measureAppends } from './metrics.ts'
import { createRoundRobin, partitionOf } from './partitioner.ts'
import { unknownTopic } from './refusals.ts'
import type { KafkaOptions } from '#internal/kafka/client.ts'
import type { Compression } from '#internal/kafka/codecs.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { AppendLimits, FlushResult, Slice } from './append-queue.ts'
import type { EventLog, PartitionEnds, ReadFrom, Subscription, TopicSpec } from './log.ts'

export interface KafkaLogOptions extends KafkaOptions {
  /** Tells this process from others of its kind, in the names of the groups that a reader without a group needs. */
  readonly instanceId: string
  readonly metrics: Metrics
  /** Replicas of topics made here. Default 1; with 3 or more, two must acknowledge. */
  readonly replicationFactor?: number
  /** Default lz4. */
  readonly compression?: Compression
  readonly limits?: Partial<AppendLimits>
}

/** The event log in Kafka. */
export function createKafkaLog(options: KafkaLogOptions): EventLog {
  const { instanceId, metrics, logger, replicationFactor = 1, compression = 'lz4' } = options
  const client = createKafkaClient(options)
  const { admin } = client
  const nextOf = createRoundRobin()
  const producer = client.producer({
    partition: (key, partitions) => (key === null ? nextOf(partitions) : partitionOf(key, partitions)),
    compression,
  })
  const found = new Map<string, Promise<number>>()
  const subscriptions = new Set<Subscription>()

  /** Looked for once: callers that ask at once share one question, so that they go on in the order they came. */
  function partitionsOf(topic: string): Promise<number> {
    const asked =
      found.get(topic) ?? admin.partitions(topic).then(count => count ?? Promise.reject(unknownTopic(topic)))
    found.set(topic, asked)
    asked.catch(() => found.delete(topic))
    return asked
  }

  async function flush(slices: readonly Slice[]): Promise<FlushResult[]> {
    try {
      return await producer.send(slices.map(({ topic, records }) => ({ topic, messages: records })))
    } catch (error) {
      // A topic's limit holds for all that goes to a partition at once, so each part is tried by itself.
      if (!(error instanceof InvalidInput)) throw error
      if (slices.length > 1) {
        const half = slices.length >> 1
        return [...(await flush(slices.slice(0, half))), ...(await flush(slices.slice(half)))]
      }
      const { topic, records } = slices[0] as Slice
      if (records.length === 1) return [error]
      const half = records.length >> 1
      const [first] = await flush([{ topic, records: records.slice(0, half) }])
      if (!Array.isArray(first)) return [first as Error]
      const [second] = await flush([{ topic, records: records.slice(half) }])
      return [Array.isArray(second) ? [...first, ...second] : (second as Error)]
    }
  }

  const queue = createAppendQueue(measureAppends(metrics, flush), {
    ...defaultAppendLimits,
    ...options.limits,
  })

  async function ends(topic: string): Promise<PartitionEnds[]> {
    const known = await admin.ends(topic)
    if (!known) throw unknownTopic(topic)
    return known
  }

  async function startOffsets(topic: string, from: ReadFrom): Promise<Map<number, bigint>> {
    switch (from.at) {
      case 'beginning':
        return new Map((await ends(topic)).map(({ partition, first }) => [partition, first]))
      case 'end':
        return new Map((await ends(topic)).map(({ partition, next }) => [partition, next]))
      case 'offsets':
        return new Map(from.offsets)
      case 'time': {
        const offsets = await admin.offsetsAt(topic, Math.trunc(from.appendTime))
        if (!offsets) throw unknownTopic(topic)
        return offsets
      }
    }
  }

  function track(subscription: Subscription): Subscription {
    subscriptions.add(subscription)
    return subscription
  }

  return {
    async ensureTopics(specs) {
      for (const spec of specs) {
        await admin.createTopic({
          name: spec.name,
          partitions: spec.partitions,
          replicationFactor,
          config: configOf(spec, replicationFactor),
        })
      }
    },

    async append(topic, records) {
      await partitionsOf(topic)
      return queue.append(topic, records)
    },

    consume: (group, topics, handle, consume = {}) =>
      track(createKafkaSubscription({ client, groupId: () => group, topics, handle, consume, logger })),

    readAll(topic, from, handle, consume = {}) {
      const groupId = () => `vitrine-read-${instanceId}-${randomUUID()}`
      const positions = () => startOffsets(topic, from)
      return track(
        createKafkaSubscription({ client, groupId, topics: [topic], positions, handle, consume, logger }),
      )
    },

    ends,

    async lag(group, topic) {
      const [known, committed] = await Promise.all([ends(topic), admin.committed(group, topic)])
      return known.map(({ partition, first, next }) => {
        const reached = committed.get(partition) ?? first
        return { partition, records: next - (reached > first ? reached : first) }
      })
    },

    ping: () => admin.ping(),

    async [Symbol.asyncDispose]() {
      await Promise.all([...subscriptions].map(subscription => subscription[Symbol.asyncDispose]()))
      await queue[Symbol.asyncDispose]()
      await producer[Symbol.asyncDispose]()
      await admin[Symbol.asyncDispose]()
    },
  }
}

function configOf(
  { retentionMs, maxRecordBytes }: TopicSpec,
  replicationFactor: number,
): Record<string, string> {
  return {
    'message.timestamp.type': 'LogAppendTime',
    'retention.ms': String(retentionMs ?? -1),
    'max.message.bytes': String(maxRecordBytes),
    ...(replicationFactor >= 3 && { 'min.insync.replicas': '2' }),
  }
}
