import { setImmediate as nextTurn } from 'node:timers/promises'
import { deletionTime } from '#internal/domain/product-view.ts'
import { backOff } from '#internal/eventlog/back-off.ts'
import { firstAppendTime } from '#internal/eventlog/first-append-time.ts'
import { historyChangesTopic, productViewsTopic } from '#internal/eventlog/topics.ts'
import { readChange, readView } from '#internal/history/records.ts'
import { createCatchUp } from './catch-up.ts'
import type { RecordedView } from '#internal/domain/product-view.ts'
import type { EventLog, LogRecord, PartitionEnds, Subscription } from '#internal/eventlog/log.ts'
import type { HistoryChange } from '#internal/history/changes.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { SessionIndex } from '../index/session-index.ts'
import type { CatchUp } from './catch-up.ts'

/** Views taken in at a stretch, before questions get their turn. */
const stretch = 100
const batch = 500

/** Keeps an index fed from the log. */
export interface IndexFeed extends AsyncDisposable {
  /** Is all in the index that was in the log when this began, so that answers may be made from it? */
  readonly warm: boolean
  /** Views that came to the log by then may be missing, since it is read from its newest records on; epoch milliseconds. */
  readonly completeSince: number
  /** How much of it is, from 0 to 1. */
  progress(): number
  /** False while the log is away. */
  readonly healthy: boolean
  /** Drops what the index knows of changes before `time` (epoch milliseconds), which lies more than the history's time to live ago. */
  dropChangesBefore(time: number): Promise<void>
}

export interface IndexFeedOptions {
  readonly log: Pick<EventLog, 'readAll' | 'ends'>
  readonly index: SessionIndex
  /** How long deletions are known, at least, milliseconds. */
  readonly historyTtlMs: number
  /** So many of the newest records are read at the start. */
  readonly newestRecords: number
  readonly logger: Logger
  /** Before a view is taken in that came to the log after this began. */
  readonly onLiveView?: (view: RecordedView) => void
  /** After it was taken in. */
  readonly onEffect?: (record: LogRecord) => void
  /** A user's history shrank, or grew by that of a guest. */
  readonly onChange?: (change: HistoryChange) => void
}

/**
 * Reads `history-changes` to its end first, so that nothing forgotten comes back, then the newest views, and goes on
 * with both as they come. What can't be read is the loader's to tell.
 *
 * Once changes of long ago are no longer known, views are not taken in that were older than the history's time to live
 * when they came to the log, as the stores don't take them: they might be among what was forgotten.
 */
export function startIndexFeed(options: IndexFeedOptions): IndexFeed {
  const { log, index, historyTtlMs, newestRecords, logger, onLiveView, onEffect, onChange } = options
  const stopping = new AbortController()
  const { signal } = stopping
  const subscriptions: Subscription[] = []
  let views: CatchUp | null = null
  let completeSince = 0
  let knowsAllChanges = true
  const begun = new Set<number>()
  let changesRead: () => void = () => {}

  async function endsOf(topic: string): Promise<PartitionEnds[]> {
    const pause = backOff()
    for (;;) {
      try {
        return await log.ends(topic)
      } catch (error) {
        logger.debug({ error, topic }, 'the log is away; asking again')
        await pause.wait(signal)
        if (signal.aborted) return []
      }
    }
  }

  function takeChange(record: LogRecord): void {
    const read = readChange(record)
    if (read.ok) {
      applyToIndex(index, read.value, firstAppendTime(record))
      onChange?.(read.value)
    }
  }

  const mayCome = ({ effectiveTime }: RecordedView, { appendTime }: LogRecord) =>
    knowsAllChanges || effectiveTime > appendTime - historyTtlMs

  function takeView(record: LogRecord, live: ReadonlyMap<number, bigint>): void {
    if (!begun.has(record.partition)) {
      begun.add(record.partition)
      if (record.offset > 0n) completeSince = Math.max(completeSince, record.appendTime)
    }
    const read = readView(record)
    if (read.ok && mayCome(read.value, record)) {
      const { userId, productId, effectiveTime } = read.value
      const isLive = record.offset >= (live.get(record.partition) ?? 0n)
      if (isLive) onLiveView?.(read.value)
      index.add({ userId, productId, time: effectiveTime, arrivedAt: record.appendTime })
      if (isLive) onEffect?.(record)
    }
  }

  async function takeViews(records: readonly LogRecord[], live: ReadonlyMap<number, bigint>): Promise<void> {
    for (const [n, record] of records.entries()) {
      if (n > 0 && n % stretch === 0) await nextTurn()
      takeView(record, live)
    }
  }

  async function run(): Promise<void> {
    const changeEnds = await endsOf(historyChangesTopic)
    if (signal.aborted) return
    if (changeEnds.some(({ first }) => first > 0n)) knowsAllChanges = false
    const ofChanges = createCatchUp(changeEnds)
    const allRead = new Promise<void>(resolve => {
      changesRead = resolve
    })
    if (ofChanges.done) changesRead()
    subscriptions.push(
      log.readAll(
        historyChangesTopic,
        { at: 'beginning' },
        async records => {
          for (const record of records) takeChange(record)
        },
        {
          onReached(partition, next) {
            ofChanges.reached(partition, next)
            if (ofChanges.done) changesRead()
          },
        },
      ),
    )
    await allRead
    const ends = await endsOf(productViewsTopic)
    if (signal.aborted) return
    const offsets = newest(ends, newestRecords)
    const ofViews = createCatchUp(ends, offsets)
    views = ofViews
    const live = new Map(ends.map(({ partition, next }) => [partition, next]))
    subscriptions.push(
      log.readAll(productViewsTopic, { at: 'offsets', offsets }, records => takeViews(records, live), {
        maxBatch: batch,
        onReached: (partition, next) => ofViews.reached(partition, next),
      }),
    )
  }

  const running = run()
  return {
    get warm() {
      return views?.done ?? false
    },
    get completeSince() {
      return completeSince
    },
    progress: () => views?.progress() ?? 0,
    get healthy() {
      return subscriptions.length > 0 && subscriptions.every(({ healthy }) => healthy)
    },
    async dropChangesBefore(time) {
      if (await index.dropChangesBefore(time)) knowsAllChanges = false
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      changesRead()
      await running
      await Promise.all(subscriptions.map(subscription => subscription[Symbol.asyncDispose]()))
    },
  }
}

/** Carries out in memory what `applyChange` carries out in the store. `appendTime` is epoch milliseconds. */
export function applyToIndex(index: SessionIndex, change: HistoryChange, appendTime: number): void {
  const at = deletionTime(appendTime, change.newest ?? appendTime)
  switch (change.change) {
    case 'forget-user':
      index.forget(change.userId, null, at)
      break
    case 'forget-product':
      index.forget(change.userId, change.productId, at)
      break
    case 'merge':
      index.takeOver(change.userId, change.guestId, at)
      break
  }
}

/** Where to begin so that about `records` are read, the same number from each partition that has them. */
function newest(ends: readonly PartitionEnds[], records: number): Map<number, bigint> {
  const each = BigInt(Math.ceil(records / Math.max(1, ends.length)))
  return new Map(
    ends.map(({ partition, first, next }) => [partition, next - first > each ? next - each : first]),
  )
}
