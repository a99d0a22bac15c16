import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Unavailable } from '#internal/errors/errors.ts'
import { createKafkaLog } from '#internal/eventlog/kafka-log.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { kafkaProblem, startKafka } from '../engines/kafka.ts'
import { eventually, record } from './event-log-rig.ts'

describe('event log: Kafka that crashes', function () {
  this.timeout(180_000)

  it('loses nothing acknowledged, answers in time while it is away, and heals by itself', async function () {
    const problem = await kafkaProblem()
    if (problem !== null) {
      process.stdout.write(`    SKIPPED: ${problem}\n`)
      return this.skip()
    }
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-test-kafka-crash-'))
    await using opened = new AsyncDisposableStack()
    opened.defer(() => rm(folder, { recursive: true, force: true }))
    const kafka = opened.use(await startKafka(folder))
    const log = opened.use(
      createKafkaLog({
        brokers: kafka.brokers,
        clientId: 'test',
        instanceId: randomUUID(),
        logger,
        metrics: createMetrics({ service: 'test', version: '0' }),
        limits: { timeLimitMs: 3_000 },
      }),
    )
    await log.ensureTopics([{ name: 'views', partitions: 3, retentionMs: null, maxRecordBytes: 1_000_000 }])
    const consumed = new Set<string>()
    const read = new Set<string>()
    const consumer = log.consume('loader', ['views'], async records => {
      for (const { value } of records) consumed.add(String(value))
    })
    const reader = log.readAll('views', { at: 'beginning' }, async records => {
      for (const { value } of records) read.add(String(value))
    })
    const acknowledged: string[] = []
    const failures: unknown[] = []
    let sent = 0
    async function send(): Promise<void> {
      const values = Array.from({ length: 20 }, () => `v-${sent++}`)
      await log
        .append(
          'views',
          values.map(value => record(value, value)),
        )
        .then(
          () => acknowledged.push(...values),
          (error: unknown) => failures.push(error),
        )
    }
    for (let round = 0; round < 50; round++) await send()
    const atCrash = Promise.all(Array.from({ length: 10 }, send))
    await kafka.crash()
    await atCrash
    await send()
    expect(failures.length).to.be.greaterThan(0)
    for (const failure of failures) expect(failure).to.be.instanceOf(Unavailable)
    const silence: unknown = await log.ping().catch((error: unknown) => error)
    expect(silence).to.be.instanceOf(Unavailable)
    await kafka.restart()
    await eventually(async () => {
      const before = acknowledged.length
      await send()
      return acknowledged.length > before
    }, 'appends are acknowledged again')
    await eventually(
      () => acknowledged.every(value => consumed.has(value) && read.has(value)),
      'all acknowledged is read',
    )
    await eventually(() => consumer.healthy && reader.healthy, 'both are healthy again')
    await eventually(
      async () => (await log.lag('loader', 'views')).every(({ records }) => records === 0n),
      'no lag',
    )
  })
})
