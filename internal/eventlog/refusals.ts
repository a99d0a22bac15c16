import { InvalidInput, Misconfigured } from '#internal/errors/errors.ts'
import { sizeOf } from './append-queue.ts'
import type { NewRecord, TopicSpec } from './log.ts'

/** What every adapter says of a topic that is not there. */
export function unknownTopic(name: string): Misconfigured {
  return new Misconfigured(`The event log has no topic "${name}"; \`vitrine init\` makes Vitrine's topics`)
}

/** Refuses a record that the topic does not take. */
export function checkSize(record: NewRecord, { name, maxRecordBytes }: TopicSpec): void {
  const size = sizeOf(record)
  if (size > maxRecordBytes) throw tooLarge(name, size, maxRecordBytes)
}

export function tooLarge(topic: string, size: number, limit?: number): InvalidInput {
  const allowed = limit === undefined ? 'than it takes' : `than the ${limit} it takes`
  return new InvalidInput(`A record for topic "${topic}" has about ${size} bytes, more ${allowed}`, 'value')
}

export const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error))
