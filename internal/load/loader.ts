import { firstAppendTime } from '#internal/eventlog/first-append-time.ts'
import { historyChangesTopic, productViewsTopic } from '#internal/eventlog/topics.ts'
import { applyChange, changesGroup } from '#internal/history/changes.ts'
import { readChange, readView } from '#internal/history/records.ts'
import { appendDeadLetters } from './dead-letters.ts'
import { createLoadMetrics } from './metrics.ts'
import { writeOrRefuse } from './refused.ts'
import { withProcessSpans } from './spans.ts'
import { untilCommitted } from './until-committed.ts'
import type { BatchHandler, EventLog, LogRecord } from '#internal/eventlog/log.ts'
import type { Read } from '#internal/history/records.ts'
import type { HistoryStore } from '#internal/history/store.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { DeadLetter } from './dead-letters.ts'

/** The group that carries views; changes have {@link changesGroup}. */
export const loaderGroup = 'vitrine-loader'

export interface LoaderOptions {
  readonly log: EventLog
  readonly history: HistoryStore
  readonly logger: Logger
  readonly metrics: Metrics
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Records of one partition that are written together. Default 500. */
  readonly maxBatch?: number
  /** Partitions at work at once. Default 4. */
  readonly concurrency?: number
}

/** A running loader; disposing it finishes and commits the batches in hand. */
export interface Loader extends AsyncDisposable {
  /** What keeps it from loading, in words; `null` when nothing does. */
  readiness(): string | null
}

/**
 * Carries views and changes from the log into the store, as one member of the loaders' groups. An offset is
 * committed once all before it is durable in the store or acknowledged as a dead letter; while the store or the log
 * is away the same records come again.
 *
 * Views and changes have a group each: a merge waits for views, and must not keep them from the places where
 * they are worked on.
 */
export function startLoader(options: LoaderOptions): Loader {
  const { log, maxBatch = 500, concurrency = 4 } = options
  const { loadViews, loadChanges } = createLoadHandlers(options)
  const consume = { maxBatch, concurrency }
  const subscriptions = [
    log.consume(loaderGroup, [productViewsTopic], loadViews, consume),
    log.consume(changesGroup, [historyChangesTopic], loadChanges, consume),
  ]
  return {
    readiness: () =>
      subscriptions.every(({ healthy }) => healthy)
        ? null
        : "not in the loaders' groups: the event log is away or shares out its partitions",
    async [Symbol.asyncDispose]() {
      await Promise.all(subscriptions.map(subscription => subscription[Symbol.asyncDispose]()))
    },
  }
}

type Readable<T> = { readonly record: LogRecord; readonly value: T }

/** What the loader does with one batch of one partition of each topic. */
function createLoadHandlers({ log, history, logger, metrics, now }: LoaderOptions): {
  readonly loadViews: BatchHandler
  readonly loadChanges: BatchHandler
} {
  const seen = createLoadMetrics(metrics, now)

  async function load<T>(
    records: readonly LogRecord[],
    read: (record: LogRecord) => Read<T>,
    write: (items: readonly Readable<T>[]) => Promise<void>,
  ): Promise<readonly Readable<T>[]> {
    const { readable, unreadable } = sortOut(records, read)
    const refused = new Set(await writeOrRefuse(readable, write))
    // Last, so that a store that is away does not make more dead letters with each try.
    const letters = [
      ...unreadable,
      ...[...refused].map(({ record }): DeadLetter => ({ record, reason: 'refused-by-store' })),
    ]
    await keep(letters)
    return refused.size === 0 ? readable : readable.filter(item => !refused.has(item))
  }

  async function keep(letters: readonly DeadLetter[]): Promise<void> {
    if (letters.length === 0) return
    await appendDeadLetters(log, letters)
    for (const { reason } of letters) seen.deadLetter(reason)
    const { topic, partition, offset } = (letters[0] as DeadLetter).record
    const reasons = [...new Set(letters.map(({ reason }) => reason))]
    const fields = { topic, partition, firstOffset: String(offset), records: letters.length, reasons }
    logger.warn(fields, 'records that cannot be loaded were kept as dead letters')
  }

  async function loadViews(records: readonly LogRecord[]): Promise<void> {
    const loaded = await load(records, readView, items =>
      history.recordViews(items.map(({ value }) => value)),
    )
    seen.loaded(loaded.map(({ record }) => record))
  }

  async function loadChanges(records: readonly LogRecord[], signal: AbortSignal): Promise<void> {
    let viewsLoaded: Promise<void> | undefined
    await load(records, readChange, async items => {
      for (const { record, value } of items) {
        if (value.change === 'merge')
          await (viewsLoaded ??= untilCommitted(log, loaderGroup, productViewsTopic, signal))
        await applyChange(history, value, firstAppendTime(record))
      }
    })
  }

  return {
    loadViews: records => withProcessSpans(records, () => loadViews(records)),
    loadChanges: (records, signal) => withProcessSpans(records, () => loadChanges(records, signal)),
  }
}

function sortOut<T>(records: readonly LogRecord[], read: (record: LogRecord) => Read<T>) {
  const readable: Readable<T>[] = []
  const unreadable: DeadLetter[] = []
  for (const record of records) {
    const result = read(record)
    if (result.ok) readable.push({ record, value: result.value })
    else unreadable.push({ record, reason: result.reason })
  }
  return { readable, unreadable }
}
