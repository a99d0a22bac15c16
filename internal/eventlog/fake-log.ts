import { Unavailable } from '#internal/errors/errors.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { createAppendQueue, defaultAppendLimits } from './append-queue.ts'
import { createGate } from './delivery.ts'
import { createFakeGroups } from './fake-groups.ts'
import { workPartition } from './partition-worker.ts'
import { createRoundRobin, partitionOf } from './partitioner.ts'
import { checkSize, unknownTopic } from './refusals.ts'
import { createLifetime, createSubscription, orEnded } from './subscription.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { AppendLimits, Slice } from './append-queue.ts'
import type { Appended, EventLog, LogRecord, NewRecord, ReadFrom, Subscription, TopicSpec } from './log.ts'
import type { PartitionSource } from './partition-worker.ts'

export interface FakeLog extends EventLog {
  /** While false every call rejects with `Unavailable`, and nobody gets records. */
  setAvailable(available: boolean): void
  /** All records of a topic, by partition and offset. */
  records(topic: string): readonly LogRecord[]
  /** The same log as another process would open it. */
  open(limits?: Partial<AppendLimits>): EventLog
}

interface FakeTopic {
  readonly spec: TopicSpec
  readonly partitions: readonly LogRecord[][]
}

/** The event log in memory, with all its promises but durability; for tests. `now` gives epoch milliseconds. */
export function createFakeLog(options: { now?: () => number; logger?: Logger } = {}): FakeLog {
  const { now = Date.now, logger = silentLogger } = options
  const topics = new Map<string, FakeTopic>()
  const nextOf = createRoundRobin()
  let available = true
  let appended = Promise.withResolvers<void>()

  function topicNamed(name: string): FakeTopic {
    if (!available) throw new Unavailable('The fake log is away')
    const topic = topics.get(name)
    if (!topic) throw unknownTopic(name)
    return topic
  }

  function partitionNamed(topic: string, partition: number): LogRecord[] {
    return topicNamed(topic).partitions[partition] as LogRecord[]
  }

  function wake() {
    appended.resolve()
    appended = Promise.withResolvers()
  }

  function appendOne({ spec, partitions }: FakeTopic, record: NewRecord): Appended {
    const partition =
      record.key === null ? nextOf(partitions.length) : partitionOf(record.key, partitions.length)
    const records = partitions[partition] as LogRecord[]
    const stored: LogRecord = {
      topic: spec.name,
      partition,
      offset: BigInt(records.length),
      appendTime: Math.max(now(), records.at(-1)?.appendTime ?? 0),
      key: record.key === null ? null : record.key.toWellFormed(),
      value: record.value === null ? null : Buffer.from(record.value),
      headers: { ...record.headers },
    }
    records.push(stored)
    return { partition, offset: stored.offset, appendTime: stored.appendTime }
  }

  async function flush(slices: readonly Slice[]): Promise<Appended[][]> {
    const places = slices.map(({ topic, records }) =>
      records.map(record => appendOne(topicNamed(topic), record)),
    )
    wake()
    return places
  }

  function source(topic: string, partition: number): Omit<PartitionSource, 'commit'> {
    return {
      async fetch(from, limit) {
        return partitionNamed(topic, partition).slice(Number(from), Number(from) + limit)
      },
      more: (_from, signal) => orEnded(appended.promise, signal),
    }
  }

  const groups = createFakeGroups({
    partitionsOf: name => topics.get(name)?.partitions.length ?? 0,
    source,
    available: () => available,
    logger,
  })

  function open(limits: Partial<AppendLimits> = {}): EventLog {
    const queue = createAppendQueue(flush, { ...defaultAppendLimits, ...limits })
    const subscriptions = new Set<Subscription>()

    function track(subscription: Subscription): Subscription {
      subscriptions.add(subscription)
      return subscription
    }

    return {
      async ensureTopics(specs) {
        if (!available) throw new Unavailable('The fake log is away')
        for (const spec of specs) {
          if (topics.has(spec.name)) continue
          topics.set(spec.name, { spec, partitions: Array.from({ length: spec.partitions }, () => []) })
        }
        groups.rebalance()
        wake()
      },

      async append(topic, records) {
        const { spec } = topicNamed(topic)
        for (const record of records) checkSize(record, spec)
        return queue.append(topic, records)
      },

      consume: (group, names, handle, consumeOptions = {}) =>
        track(groups.join(group, names, handle, consumeOptions)),

      readAll(topic, from, handle, { maxBatch = 200, concurrency = 4, onReached } = {}) {
        const lifetime = createLifetime()
        const gate = createGate(concurrency)
        const start = async (): Promise<void> => {
          while (!available || !topics.has(topic)) {
            if (lifetime.stopping.aborted) return
            await orEnded(appended.promise, lifetime.stopping)
          }
          await Promise.all(workers())
        }
        const workers = () =>
          topicNamed(topic).partitions.map((records, partition) =>
            workPartition({
              source: {
                ...source(topic, partition),
                async commit({ offset }) {
                  onReached?.(partition, offset + 1n)
                  return true
                },
              },
              from: startOf(from, partition, records),
              handle,
              maxBatch,
              gate,
              lifetime,
              leaving: lifetime.stopping,
              lost: lifetime.cut,
              logger,
              onSign: () => {},
            }),
          )
        const running = start()
        const finish = () => running
        return track(
          createSubscription({ lifetime, healthy: () => available, lastActiveAt: Date.now, finish }),
        )
      },

      async ends(topic) {
        return topicNamed(topic).partitions.map((records, partition) => ({
          partition,
          first: 0n,
          next: BigInt(records.length),
        }))
      },

      async lag(group, topic) {
        return topicNamed(topic).partitions.map((records, partition) => ({
          partition,
          records: BigInt(records.length) - groups.committed(group, topic, partition),
        }))
      },

      async ping() {
        if (!available) throw new Unavailable('The fake log is away')
      },

      async [Symbol.asyncDispose]() {
        await Promise.all([...subscriptions].map(subscription => subscription[Symbol.asyncDispose]()))
        await queue[Symbol.asyncDispose]()
      },
    }
  }

  return {
    ...open(),
    open,
    setAvailable(value) {
      available = value
      wake()
    },
    records: name => topics.get(name)?.partitions.flat() ?? [],
  }
}

function startOf(from: ReadFrom, partition: number, records: readonly LogRecord[]): bigint {
  switch (from.at) {
    case 'beginning':
      return 0n
    case 'end':
      return BigInt(records.length)
    case 'offsets':
      return from.offsets.get(partition) ?? 0n
    case 'time': {
      const at = records.findIndex(({ appendTime }) => appendTime >= from.appendTime)
      return BigInt(at === -1 ? records.length : at)
    }
  }
}
