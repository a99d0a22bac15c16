import { randomUUID } from 'node:crypto'
import { createKafkaLog } from '#internal/eventlog/kafka-log.ts'
import { createPostgresLog } from '#internal/eventlog/postgres-log.ts'
import { connectPostgres } from '#internal/postgres/client.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { until } from './processes.ts'
import type { EventLog, LogRecord } from '#internal/eventlog/log.ts'

const logger = silentLogger

/** The event log that the settings name, for tests that put into it what no ingestor would. */
export function openLog(env: Readonly<Record<string, string>>): EventLog {
  const metrics = createMetrics({ service: 'test', version: '0' })
  const brokers = env['VITRINE_KAFKA_BROKERS']?.split(',')
  if (brokers) return createKafkaLog({ brokers, clientId: 'test', instanceId: randomUUID(), logger, metrics })
  const url = env['VITRINE_POSTGRES_URL'] ?? ''
  const postgres = connectPostgres({ url, applicationName: 'test', maxConnections: 4, logger })
  const log = createPostgresLog({ postgres, logger, metrics })
  return {
    ...log,
    async [Symbol.asyncDispose]() {
      await log[Symbol.asyncDispose]()
      await postgres[Symbol.asyncDispose]()
    },
  }
}

/** Where each partition ends, to be compared with where it ended before. */
export async function endsOf(log: EventLog, topic: string): Promise<string[]> {
  return (await log.ends(topic)).map(({ partition, next }) => `${partition}:${next}`).sort()
}

/** All records of a topic up to where it ends now. */
export async function readToEnd(log: EventLog, topic: string): Promise<LogRecord[]> {
  const left = new Map(
    (await log.ends(topic)).filter(end => end.next > end.first).map(end => [end.partition, end.next]),
  )
  const records: LogRecord[] = []
  const handle = async (batch: readonly LogRecord[]) => {
    for (const record of batch) {
      if (record.offset < (left.get(record.partition) ?? 0n)) records.push(record)
      if (record.offset + 1n >= (left.get(record.partition) ?? 0n)) left.delete(record.partition)
    }
  }
  await using _reading = log.readAll(topic, { at: 'beginning' }, handle)
  await until(`the end of ${topic}`, async () => left.size === 0)
  return records
}
