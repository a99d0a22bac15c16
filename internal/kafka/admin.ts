import { setTimeout as sleep } from 'node:timers/promises'
import { isUnknownTopic, kafkaErrorType, translate, within } from './errors.ts'
import type { Admin as KafkaAdmin, Kafka } from 'kafkajs'
import type { Cluster } from './errors.ts'

export interface TopicSettings {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly config: Readonly<Record<string, string>>
}

/** Questions to the cluster. All reject with `Unavailable` while it is away; those about a topic answer `null` when it is not there. */
export interface Admin extends AsyncDisposable {
  /** Leaves a topic that is there as it is. */
  createTopic(topic: TopicSettings): Promise<void>
  partitions(topic: string): Promise<number | null>
  ends(topic: string): Promise<{ partition: number; first: bigint; next: bigint }[] | null>
  /** By partition the first offset whose record is not older than `time` (epoch milliseconds), or the end. */
  offsetsAt(topic: string, time: number): Promise<Map<number, bigint> | null>
  /** By partition what the group has committed; partitions without a commit are missing. */
  committed(group: string, topic: string): Promise<Map<number, bigint>>
  deleteGroup(group: string): Promise<void>
  ping(): Promise<void>
}

const callLimitMs = 10_000
const createLimitMs = 30_000
const pingLimitMs = 2_000
const askAgainMs = 100

export function createAdmin(kafka: Kafka, cluster: Cluster): Admin {
  let current: Promise<KafkaAdmin> | null = null

  function connected(): Promise<KafkaAdmin> {
    current ??= (async () => {
      const admin = kafka.admin()
      try {
        await within(admin.connect(), callLimitMs, 'connecting')
        return admin
      } catch (error) {
        current = null
        void admin.disconnect().catch(() => undefined)
        throw error
      }
    })()
    return current
  }

  async function ask<T>(
    what: string,
    question: (admin: KafkaAdmin) => Promise<T>,
    limitMs = callLimitMs,
  ): Promise<T> {
    try {
      return await within(
        connected().then(admin => question(admin)),
        limitMs,
        what,
      )
    } catch (error) {
      const translated = translate(error, cluster)
      if (translated.code === 'unavailable') await discard()
      throw translated
    }
  }

  async function ofTopic<T>(what: string, question: (admin: KafkaAdmin) => Promise<T>): Promise<T | null> {
    try {
      return await ask(what, question)
    } catch (error) {
      if (isUnknownTopic(error)) return null
      throw error
    }
  }

  /** A connection that failed once is not trusted again. */
  async function discard(): Promise<void> {
    const old = current
    current = null
    const admin = await old?.catch(() => null)
    if (admin) await within(admin.disconnect(), pingLimitMs, 'disconnecting').catch(() => undefined)
  }

  return {
    async createTopic({ name, partitions, replicationFactor, config }) {
      const spec = {
        topic: name,
        numPartitions: partitions,
        replicationFactor,
        configEntries: Object.entries(config).map(([entry, value]) => ({ name: entry, value })),
      }
      const make = async (admin: KafkaAdmin) => {
        const made = await admin.createTopics({ topics: [spec], waitForLeaders: false })
        const end = Date.now() + createLimitMs
        while (!(await isLed(admin, name)) && Date.now() < end) await sleep(askAgainMs)
        return made
      }
      await ask(`making topic ${name}`, make, createLimitMs)
    },

    partitions: topic =>
      ofTopic('looking for a topic', async admin => {
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
        return topics[0]?.partitions.length ?? null
      }),

    ends: topic =>
      ofTopic('asking for ends', async admin => {
        const offsets = await admin.fetchTopicOffsets(topic)
        return offsets
          .map(({ partition, low, high }) => ({ partition, first: BigInt(low), next: BigInt(high) }))
          .toSorted((a, b) => a.partition - b.partition)
      }),

    offsetsAt: (topic, time) =>
      ofTopic('asking for offsets by time', async admin => {
        const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, time)
        return new Map(offsets.map(({ partition, offset }) => [partition, BigInt(offset)]))
      }),

    committed: (group, topic) =>
      ask('asking for commits', async admin => {
        const [answer] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
        const known = (answer?.partitions ?? []).filter(({ offset }) => !offset.startsWith('-'))
        return new Map(known.map(({ partition, offset }) => [partition, BigInt(offset)]))
      }),

    async deleteGroup(group) {
      await ask('deleting a group', admin => admin.deleteGroups([group]))
    },

    async ping() {
      await ask('a ping', admin => admin.describeCluster(), pingLimitMs)
    },

    [Symbol.asyncDispose]: discard,
  }
}

/** A topic that was just made is unknown to some for a moment: kafkajs' own wait for its leaders gives up at that. */
async function isLed(admin: KafkaAdmin, topic: string): Promise<boolean> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    return topics[0]?.partitions.every(({ leader }) => leader >= 0) ?? false
  } catch (error) {
    if (isUnknownTopic(error) || kafkaErrorType(error) === 'LEADER_NOT_AVAILABLE') return false
    throw error
  }
}
