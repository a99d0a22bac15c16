import { historyChangesTopic, productViewsTopic } from '#internal/eventlog/topics.ts'
import { readChange, readView } from '#internal/history/records.ts'
import type { LogRecord } from '#internal/eventlog/log.ts'

/** Could the record be loaded into the topic of this name, as far as reading it can tell? */
export function isReadable(topic: string, record: LogRecord): boolean {
  if (topic === productViewsTopic) return readView(record).ok
  return topic === historyChangesTopic && readChange(record).ok
}
