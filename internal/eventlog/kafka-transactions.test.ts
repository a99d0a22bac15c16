import { expect } from 'chai'
import kafkajs from 'kafkajs'
import { randomUUID } from 'node:crypto'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { kafkaProblem, startTestKafka } from '../../test/engines/kafka.ts'
import { eventually } from '../../test/contract/event-log-rig.ts'
import { createKafkaLog } from './kafka-log.ts'
import type { EventLog } from './log.ts'

/** A shop may write views to Kafka by itself, and in transactions. */
describe('the log on Kafka, written to in transactions', function () {
  this.timeout(60_000)
  let log: EventLog
  let kafka: kafkajs.Kafka

  before(async function () {
    const problem = await kafkaProblem()
    if (problem !== null) {
      process.stdout.write(`    SKIPPED: ${problem}\n`)
      return this.skip()
    }
    const { brokers } = await startTestKafka()
    kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING })
    const metrics = createMetrics({ service: 'test', version: '0' })
    log = createKafkaLog({ brokers, clientId: 'test', instanceId: randomUUID(), logger, metrics })
  })
  after(async () => log?.[Symbol.asyncDispose]())

  /** A topic of one partition, each list of values in a transaction of its own; the last one is aborted. */
  async function topicWith(committed: readonly string[][], aborted: readonly string[]): Promise<string> {
    const topic = `t-${randomUUID()}`
    await log.ensureTopics([{ name: topic, partitions: 1, retentionMs: null, maxRecordBytes: 1_000_000 }])
    const producer = kafka.producer({
      transactionalId: randomUUID(),
      maxInFlightRequests: 1,
      idempotent: true,
    })
    await producer.connect()
    const messagesOf = (values: readonly string[]) => values.map(value => ({ key: 'k', value }))
    for (const values of committed) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: messagesOf(values) })
      await transaction.commit()
    }
    if (aborted.length > 0) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: messagesOf(aborted) })
      await transaction.abort()
    }
    await producer.disconnect()
    return topic
  }

  for (const { what, committed, aborted } of [
    { what: 'one that was committed', committed: [['a', 'b'], ['c']], aborted: [] },
    { what: 'one that was aborted', committed: [['a', 'b'], ['c']], aborted: ['x', 'y'] },
    { what: 'nothing but one that was aborted', committed: [], aborted: ['x'] },
  ]) {
    it(`is read to its end, by a reader and by a group, where it ends with ${what}`, async () => {
      const topic = await topicWith(committed, aborted)
      const transactions = [...committed, aborted].filter(({ length }) => length > 0)
      const end = BigInt(transactions.flat().length + transactions.length)
      // Transactions end a moment after the producer has heard so.
      await eventually(
        async () => (await log.ends(topic))[0]?.next === end,
        'each transaction ends with a marker',
      )
      const seen: string[] = []
      let reached = 0n
      await using _reader = log.readAll(
        topic,
        { at: 'beginning' },
        async records => void seen.push(...records.map(({ value }) => String(value))),
        { onReached: (_, next) => (reached = next) },
      )
      await eventually(() => reached === end, 'the reader is at the end')
      expect(seen).to.deep.equal(committed.flat())

      const group = `g-${randomUUID()}`
      await using _member = log.consume(group, [topic], async () => {})
      await eventually(async () => (await log.lag(group, topic))[0]?.records === 0n, 'the group has no lag')
    })
  }

  it('goes on with what comes after a transaction that was aborted', async () => {
    const topic = await topicWith([['a']], ['x'])
    const group = `g-${randomUUID()}`
    const seen: string[] = []
    await using _member = log.consume(group, [topic], async records => {
      seen.push(...records.map(({ value }) => String(value)))
    })
    await eventually(async () => (await log.lag(group, topic))[0]?.records === 0n, 'the group has no lag')
    await log.append(topic, [{ key: 'k', value: Buffer.from('b'), headers: {} }])
    await eventually(() => seen.length === 2, 'the record after it came')
    await eventually(async () => (await log.lag(group, topic))[0]?.records === 0n, 'the group has no lag')
    expect(seen).to.deep.equal(['a', 'b'])
  })
})
