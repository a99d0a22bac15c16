import type { TopicSpec } from './log.ts'

const day = 24 * 60 * 60 * 1000
const mebibyte = 1024 * 1024

export const productViewsTopic = 'product-views'
export const historyChangesTopic = 'history-changes'
export const deadLetterTopic = 'product-views-dead-letter'

/**
 * The topics of one shop. `history-changes` outlives the history it deletes from by more than a day, so that a
 * process that starts late still learns of every deletion; a dead letter carries its origin beside the original
 * bytes, so its limit lies above the source's.
 */
export function topics(options: { partitions: number; historyTtlMs: number }): TopicSpec[] {
  const { partitions, historyTtlMs } = options
  return [
    { name: productViewsTopic, partitions, retentionMs: 7 * day, maxRecordBytes: 4 * mebibyte },
    { name: historyChangesTopic, partitions, retentionMs: historyTtlMs + 2 * day, maxRecordBytes: mebibyte },
    { name: deadLetterTopic, partitions: 1, retentionMs: 30 * day, maxRecordBytes: 5 * mebibyte },
  ]
}
