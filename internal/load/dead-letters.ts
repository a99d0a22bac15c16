import { firstAppendTime, originalAppendTimeHeader } from '#internal/eventlog/first-append-time.ts'
import { deadLetterTopic } from '#internal/eventlog/topics.ts'
import { unreadableReasons } from '#internal/history/records.ts'
import type { EventLog, LogRecord, NewRecord } from '#internal/eventlog/log.ts'

export const deadLetterReasons = [...unreadableReasons, 'refused-by-store'] as const
export type DeadLetterReason = (typeof deadLetterReasons)[number]

/** A record that cannot be loaded, and why. */
export interface DeadLetter {
  readonly record: LogRecord
  readonly reason: DeadLetterReason
}

const prefix = 'dead-letter-'
export const deadLetterHeaders = {
  reason: `${prefix}reason`,
  topic: `${prefix}topic`,
  partition: `${prefix}partition`,
  offset: `${prefix}offset`,
  appendTime: `${prefix}append-time`,
} as const

/** One append carries at most so many bytes of values, or one record: dead letters may be as large as records get. */
const appendBytes = 1024 * 1024

/** The record as the dead-letter topic keeps it: its bytes, key and headers, with the reason and where it came from. */
export function toDeadLetter({ record, reason }: DeadLetter): NewRecord {
  return {
    key: record.key,
    value: record.value,
    headers: {
      ...record.headers,
      [deadLetterHeaders.reason]: reason,
      [deadLetterHeaders.topic]: record.topic,
      [deadLetterHeaders.partition]: String(record.partition),
      [deadLetterHeaders.offset]: String(record.offset),
      [deadLetterHeaders.appendTime]: new Date(firstAppendTime(record)).toISOString(),
    },
  }
}

/** The record as it was before it became a dead letter; only the time of its first append comes on top. */
export function fromDeadLetter({ key, value, headers }: LogRecord): NewRecord {
  const own = Object.entries(headers).filter(([name]) => !name.startsWith(prefix))
  const appended = headers[deadLetterHeaders.appendTime]
  if (appended !== undefined) own.push([originalAppendTimeHeader, appended])
  return { key, value, headers: Object.fromEntries(own) }
}

/** Resolves when all are durable in the dead-letter topic, in their order. */
export async function appendDeadLetters(
  log: Pick<EventLog, 'append'>,
  letters: readonly DeadLetter[],
): Promise<void> {
  for (const part of inParts(letters)) await log.append(deadLetterTopic, part.map(toDeadLetter))
}

function* inParts(letters: readonly DeadLetter[]): Generator<DeadLetter[]> {
  let part: DeadLetter[] = []
  let bytes = 0
  for (const letter of letters) {
    const size = letter.record.value?.length ?? 0
    if (part.length > 0 && bytes + size > appendBytes) {
      yield part
      part = []
      bytes = 0
    }
    part.push(letter)
    bytes += size
  }
  if (part.length > 0) yield part
}
