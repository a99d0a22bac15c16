import { randomUUID } from 'node:crypto'
import { createFakeLog } from '#internal/eventlog/fake-log.ts'
import { createKafkaLog } from '#internal/eventlog/kafka-log.ts'
import { createPostgresLog } from '#internal/eventlog/postgres-log.ts'
import { eventLogMigrations } from '#internal/eventlog/postgres-schema.ts'
import { connectPostgres } from '#internal/postgres/client.ts'
import { migrate } from '#internal/postgres/migrate.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { kafkaProblem, startTestKafka } from '../engines/kafka.ts'
import { startTestPostgres } from '../engines/postgres.ts'
import { describeEventLog } from './event-log.ts'

const logger = silentLogger
const metrics = () => createMetrics({ service: 'test', version: '0' })

describeEventLog('fake', async () => {
  const world = createFakeLog()
  return { open: limits => world.open(limits), close: async () => world[Symbol.asyncDispose]() }
})

describeEventLog('PostgreSQL', async () => {
  const database = await startTestPostgres()
  const postgres = connectPostgres({ url: database.url, applicationName: 'test', maxConnections: 10, logger })
  await migrate(postgres, 'eventlog', eventLogMigrations)
  return {
    open: (limits = {}) => createPostgresLog({ postgres, logger, metrics: metrics(), limits }),
    async close() {
      await postgres[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
})

describeEventLog('Kafka', async () => {
  const problem = await kafkaProblem()
  if (problem !== null) return { skip: problem }
  const { brokers } = await startTestKafka()
  return {
    open: (limits = {}) =>
      createKafkaLog({
        brokers,
        clientId: 'test',
        instanceId: randomUUID(),
        logger,
        metrics: metrics(),
        limits,
      }),
    close: async () => {},
  }
})
