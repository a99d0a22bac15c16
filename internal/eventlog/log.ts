/** The event log: what every adapter (Kafka, PostgreSQL, the fake) promises, and nothing of how. */

/** A record on its way in. `key` decides its partition; records of one key keep their order. */
export interface NewRecord {
  readonly key: string | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, string>>
}

/** A record as the log keeps it. */
export interface LogRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /** The log's own time of the append, epoch milliseconds; never the producer's. */
  readonly appendTime: number
  readonly key: string | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, string>>
}

/** Where an appended record stands. */
export type Appended = Pick<LogRecord, 'partition' | 'offset' | 'appendTime'>

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  /** How long records are kept; `null` keeps them for ever. */
  readonly retentionMs: number | null
  /** The largest record in bytes. */
  readonly maxRecordBytes: number
}

/** One partition's first readable offset and the offset that the next append gets. */
export interface PartitionEnds {
  readonly partition: number
  readonly first: bigint
  readonly next: bigint
}

export interface PartitionLag {
  readonly partition: number
  /** Records appended and not yet committed by the group. */
  readonly records: bigint
}

/**
 * Works on records of one partition, in their order; its promise resolves once their effect is durable, and
 * only then is the offset committed. When it throws, the same records come again, after a back-off. The signal ends
 * when the partition has gone to another member, or five seconds after the subscription was disposed: what the handler
 * then gives up is delivered again, to whoever comes next.
 */
export type BatchHandler = (records: readonly LogRecord[], signal: AbortSignal) => Promise<void>

export interface ConsumeOptions {
  /** At most so many records in one call of the handler. Default 200. */
  readonly maxBatch?: number
  /** At most so many partitions at work at once. Default 4. */
  readonly concurrency?: number
}

export interface ReadOptions extends ConsumeOptions {
  /**
   * Told of each partition which offset comes next, after the records before it were handled, and where none were left
   * to hand out: an offset may stand for no record (Kafka: what ends a transaction).
   */
  readonly onReached?: (partition: number, next: bigint) => void
}

/** Where a reader without a group starts: everything kept, only what comes from now on, from an append time on, or from offsets by partition. */
export type ReadFrom =
  | { readonly at: 'beginning' }
  | { readonly at: 'end' }
  | { readonly at: 'time'; readonly appendTime: number }
  | { readonly at: 'offsets'; readonly offsets: ReadonlyMap<number, bigint> }

/** A running consumer or reader; disposing it finishes the batch in hand, commits it where there is a group, and leaves. */
export interface Subscription extends AsyncDisposable {
  /** False while the log is away or the group is not joined; it heals by itself. */
  readonly healthy: boolean
  /** Epoch milliseconds of the last sign of life (fetch, heartbeat or poll). */
  readonly lastActiveAt: number
}

export interface EventLog extends AsyncDisposable {
  /** Makes topics that are missing; harmless when repeated or run by two at once. */
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>

  /**
   * Resolves when all records are durable, in the records' order. Rejects with `Unavailable` when the buffer is
   * full (at once) or the log is away (within the adapter's time limit); the records may then be in the log or not.
   */
  append(topic: string, records: readonly NewRecord[]): Promise<Appended[]>

  /** Shares the topics' partitions among the group's members; at least once, in order per key. Never rejects for an engine that is away: it waits. */
  consume(
    group: string,
    topics: readonly string[],
    handle: BatchHandler,
    options?: ConsumeOptions,
  ): Subscription

  /** Reads all partitions without a group and commits nothing. */
  readAll(topic: string, from: ReadFrom, handle: BatchHandler, options?: ReadOptions): Subscription

  ends(topic: string): Promise<PartitionEnds[]>

  /** How far a group is behind, by partition; a group that never committed is behind by all that is kept. */
  lag(group: string, topic: string): Promise<PartitionLag[]>

  /** Resolves when the log answers, rejects with `Unavailable` within 2 s otherwise. */
  ping(): Promise<void>
}
