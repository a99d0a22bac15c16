import type { LogRecord } from './log.ts'

/** Carried by a record that was appended again, such as a dead letter that was replayed: ISO 8601. */
export const originalAppendTimeHeader = 'original-append-time'

/**
 * When a record first came into the log, epoch milliseconds: a record that comes back later must not beat what
 * happened since. Never later than its own append time.
 */
export function firstAppendTime({ appendTime, headers }: Pick<LogRecord, 'appendTime' | 'headers'>): number {
  const original = headers[originalAppendTimeHeader]
  const time = original === undefined ? Number.NaN : Date.parse(original)
  return Number.isNaN(time) ? appendTime : Math.min(time, appendTime)
}
