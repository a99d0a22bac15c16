import { effectiveTime } from '#internal/domain/product-view.ts'
import { parseStoredView, refusalReasons } from '#internal/domain/product-view-json.ts'
import { firstAppendTime } from '#internal/eventlog/first-append-time.ts'
import { parseChange } from './changes.ts'
import type { RecordedView } from '#internal/domain/product-view.ts'
import type { LogRecord } from '#internal/eventlog/log.ts'
import type { HistoryChange } from './changes.ts'

/** Why a record can't be understood. */
export const unreadableReasons = [...refusalReasons, 'unreadable-change'] as const
export type UnreadableReason = (typeof unreadableReasons)[number]

/** What a record says, or why it can't be understood. */
export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: UnreadableReason }

/**
 * Reads a record of `product-views`. A shop that appends its views itself may leave out the messageid, which then
 * is the record's place in the log, and the timestamp, which then is the append time.
 */
export function readView(record: LogRecord): Read<RecordedView> {
  const { topic, partition, offset, value } = record
  const appendTime = firstAppendTime(record)
  const defaults = { messageId: `${topic}-${partition}-${offset}`, timestamp: appendTime }
  const parsed = parseStoredView(value, defaults)
  if (!parsed.ok) return parsed
  const { view } = parsed
  return { ok: true, value: { ...view, effectiveTime: effectiveTime(view.timestamp, appendTime) } }
}

/** Reads a record of `history-changes`. */
export function readChange(record: LogRecord): Read<HistoryChange> {
  const value = parseChange(record.value)
  return value === null ? { ok: false, reason: 'unreadable-change' } : { ok: true, value }
}

/** Buckets for delays counted from the arrival of a view, seconds: from a millisecond to an hour, since who was away catches up late. */
export const delayBuckets = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3_600,
]

/** Seconds from the moment a view was received to `at` (epoch milliseconds); `null` where its record does not tell. */
export function secondsSinceReceived({ headers }: Pick<LogRecord, 'headers'>, at: number): number | null {
  const seconds = (at - Date.parse(headers['received-at'] ?? '')) / 1_000
  return Number.isNaN(seconds) ? null : Math.max(0, seconds)
}
