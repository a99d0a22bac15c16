import { setTimeout as sleep } from 'node:timers/promises'
import { kafkaErrorType, translate, within } from './errors.ts'
import type { Consumer as Member, EachBatchPayload, IHeaders, Kafka, KafkaMessage } from 'kafkajs'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Cluster } from './errors.ts'

export interface IncomingRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /** Epoch milliseconds. */
  readonly timestamp: number
  readonly key: string | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, string>>
}

export interface SliceSignals {
  /** Ends when the group is shared anew or the consumer stops: start nothing more, finish what runs. */
  readonly leaving: AbortSignal
  /** Ends when the group has thrown this member out: what runs is for nothing. */
  readonly lost: AbortSignal
}

export interface ConsumeSpec {
  /** Asked at each start: a reader without commits takes a fresh name, and so waits for no dead member of its own past. */
  readonly groupId: () => string
  readonly topics: readonly string[]
  readonly maxBatch: number
  readonly concurrency: number
  /**
   * Where to start, by partition, asked until it is answered; with it nothing is ever committed, and the group only
   * exists because kafkajs knows no reading without one. Without it: where the group's commits say, else the beginning.
   */
  readonly positions?: () => Promise<Map<number, bigint>>
  /** Told of each partition which offset comes next, also when what lay before it is never handed out: see {@link consume}. */
  readonly onReached?: (partition: number, next: bigint) => void
  /** Works on records of one partition; true once they are done, false when they were given up. Never rejects. */
  readonly onSlice: (records: readonly IncomingRecord[], signals: SliceSignals) => Promise<boolean>
}

/** A consumer that heals: when kafkajs' own gives up it is thrown away and made anew. */
export interface Consumer extends AsyncDisposable {
  readonly healthy: boolean
  /** Epoch milliseconds of the last fetch or heartbeat. */
  readonly lastActiveAt: number
}

/** A member that was killed holds its partitions for so long. */
const sessionTimeoutMs = 10_000
const rebalanceTimeoutMs = 30_000
const beatEveryMs = 1_000
const staleAfterMs = 15_000
const disconnectLimitMs = 15_000

/**
 * What ends a transaction takes an offset, and so do the records of one that was aborted; they are passed over, also by
 * what is committed: else a partition that ends with them would look as if there were more to come.
 */
export function consume(options: {
  kafka: Kafka
  cluster: Cluster
  logger: Logger
  spec: ConsumeSpec
}): Consumer {
  const { kafka, cluster, logger, spec } = options
  const stopping = new AbortController()
  let positions: Map<number, bigint> | null = null
  let joined = false
  let lastActiveAt = Date.now()

  const alive = () => {
    lastActiveAt = Date.now()
  }

  function reach(partition: number, next: bigint): void {
    positions?.set(partition, next)
    spec.onReached?.(partition, next)
  }

  /** One kafkajs consumer's life. Resolves when told to stop, rejects when it has crashed. */
  async function live(onJoined: () => void): Promise<void> {
    if (spec.positions) positions ??= await spec.positions()
    const member = kafka.consumer({
      groupId: spec.groupId(),
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: rebalanceTimeoutMs,
      heartbeatInterval: 2_000,
      maxWaitTimeInMs: 500,
      allowAutoTopicCreation: false,
    })
    const crashed = Promise.withResolvers<void>()
    crashed.promise.catch(() => undefined)
    member.on(member.events.CRASH, ({ payload }) => crashed.reject(payload.error))
    member.on(member.events.FETCH, alive)
    member.on(member.events.HEARTBEAT, alive)
    const pastHidden = createPastHidden(member, crashed.reject)
    // Batches that hold nothing to hand out don't come to `eachBatch`.
    member.on(member.events.END_BATCH_PROCESS, ({ payload }) => {
      if (payload.batchSize > 0) return
      const next = BigInt(payload.lastOffset) + 1n
      if (!spec.positions) pastHidden.commit(payload.topic, payload.partition, next)
      reach(payload.partition, next)
    })
    member.on(member.events.GROUP_JOIN, ({ payload }) => {
      joined = true
      alive()
      onJoined()
      if (positions) seekTo(member, payload.memberAssignment, positions)
    })
    const told = () => crashed.resolve()
    stopping.signal.addEventListener('abort', told)
    try {
      await member.connect()
      await member.subscribe({ topics: [...spec.topics], fromBeginning: true })
      await member.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: spec.concurrency,
        async eachBatch(payload) {
          await pastHidden.committed(payload.batch.topic, payload.batch.partition)
          await eachBatch(payload)
        },
      })
      if (!stopping.signal.aborted) await crashed.promise
    } finally {
      joined = false
      stopping.signal.removeEventListener('abort', told)
      await within(member.disconnect(), disconnectLimitMs, 'leaving a group').catch(() => undefined)
    }
  }

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const { topic, partition, messages } = payload.batch
    const from = positions?.get(partition)
    const wanted = from === undefined ? messages : messages.filter(({ offset }) => BigInt(offset) >= from)
    for (let at = 0; at < wanted.length; at += spec.maxBatch) {
      if (!payload.isRunning() || payload.isStale() || stopping.signal.aborted) return
      const slice = wanted.slice(at, at + spec.maxBatch)
      const beats = keepBeating(() => payload.heartbeat(), stopping.signal, alive)
      const done = await spec.onSlice(
        slice.map(message => toRecord(topic, partition, message)),
        beats,
      )
      const trouble = beats.end()
      if (done) await settle(payload, slice.at(-1) as KafkaMessage)
      if (trouble) throw trouble
      if (!done) return
      await payload.heartbeat()
      alive()
    }
  }

  async function settle(payload: EachBatchPayload, last: KafkaMessage): Promise<void> {
    const { batch } = payload
    const { topic, partition } = batch
    const isLast = last === batch.messages.at(-1)
    const next = BigInt(isLast ? batch.lastOffset() : last.offset) + 1n
    payload.resolveOffset(last.offset)
    if (!spec.positions) {
      await payload.commitOffsetsIfNecessary({
        topics: [{ topic, partitions: [{ partition, offset: String(next) }] }],
      })
    }
    reach(partition, next)
  }

  async function run(): Promise<void> {
    let failures = 0
    while (!stopping.signal.aborted) {
      try {
        await live(() => {
          if (failures > 0) logger.info({ topics: spec.topics }, 'consuming again')
          failures = 0
        })
      } catch (error) {
        if (stopping.signal.aborted) break
        const fields = { topics: spec.topics, reason: translate(error, cluster).message }
        if (failures === 0) logger.warn(fields, 'consuming broke off; it is taken up again')
        else logger.debug(fields, 'consuming failed again')
        failures++
        const pauseMs = Math.min(10_000, 250 * 2 ** Math.min(failures, 6)) * (0.5 + Math.random() / 2)
        await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      }
    }
  }

  const running = run()
  return {
    get healthy() {
      return joined && !stopping.signal.aborted && Date.now() - lastActiveAt < staleAfterMs
    },
    get lastActiveAt() {
      return lastActiveAt
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await running
    },
  }
}

const thrownOut = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID'])

/** Heartbeats while a handler works, however long; without them the group would give its partitions away. */
function keepBeating(heartbeat: () => Promise<void>, stopping: AbortSignal, onBeat: () => void) {
  const leaving = new AbortController()
  const lost = new AbortController()
  let trouble: Error | null = null
  const timer = setInterval(() => {
    heartbeat().then(onBeat, (error: Error) => {
      clearInterval(timer)
      trouble ??= error
      leaving.abort()
      if (thrownOut.has(kafkaErrorType(error) ?? '')) lost.abort()
    })
  }, beatEveryMs)
  const told = () => leaving.abort()
  stopping.addEventListener('abort', told)
  return {
    leaving: leaving.signal,
    lost: lost.signal,
    /** What went wrong meanwhile, so that kafkajs hears of it. */
    end(): Error | null {
      clearInterval(timer)
      stopping.removeEventListener('abort', told)
      return trouble
    },
  }
}

/** Commits past what is never handed out; of one partition one commit comes after the other. */
function createPastHidden(member: Member, onFailure: (error: Error) => void) {
  const commits = new Map<string, Promise<void>>()
  const placeOf = (topic: string, partition: number) => `${topic} ${partition}`
  return {
    commit(topic: string, partition: number, next: bigint): void {
      const before = commits.get(placeOf(topic, partition)) ?? Promise.resolve()
      const commit = before.then(() => member.commitOffsets([{ topic, partition, offset: String(next) }]))
      commit.catch(onFailure)
      commits.set(placeOf(topic, partition), commit)
    },
    async committed(topic: string, partition: number): Promise<void> {
      await commits.get(placeOf(topic, partition))
      commits.delete(placeOf(topic, partition))
    },
  }
}

function seekTo(member: Member, assignment: Record<string, number[]>, positions: Map<number, bigint>): void {
  for (const [topic, partitions] of Object.entries(assignment)) {
    for (const partition of partitions) {
      const offset = positions.get(partition)
      if (offset !== undefined) member.seek({ topic, partition, offset: String(offset) })
    }
  }
}

function toRecord(topic: string, partition: number, message: KafkaMessage): IncomingRecord {
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    timestamp: Number(message.timestamp),
    key: message.key === null ? null : message.key.toString(),
    value: message.value,
    headers: toText(message.headers ?? {}),
  }
}

/** Of a header that comes several times the last counts; bytes that are no UTF-8 become replacement characters. */
function toText(headers: IHeaders): Record<string, string> {
  const text: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const last = Array.isArray(value) ? value.at(-1) : value
    if (last !== undefined) text[name] = last.toString()
  }
  return text
}
