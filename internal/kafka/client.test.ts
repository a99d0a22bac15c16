import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { kafkaProblem, startTestKafka } from '../../test/engines/kafka.ts'
import { createKafkaClient } from './client.ts'
import { compressions } from './codecs.ts'
import type { KafkaClient } from './client.ts'
import type { IncomingRecord } from './consumer.ts'

describe('Kafka client', function () {
  this.timeout(60_000)
  let client: KafkaClient

  before(async function () {
    const problem = await kafkaProblem()
    if (problem !== null) {
      process.stdout.write(`    SKIPPED: ${problem}\n`)
      return this.skip()
    }
    const { brokers } = await startTestKafka()
    client = createKafkaClient({ brokers, clientId: 'test', logger })
  })
  after(async () => {
    await client?.admin[Symbol.asyncDispose]()
  })

  async function topic(): Promise<string> {
    const name = `t-${randomUUID()}`
    await client.admin.createTopic({ name, partitions: 1, replicationFactor: 1, config: {} })
    return name
  }

  it('writes and reads every compression that producers may use', async () => {
    const name = await topic()
    const value = Buffer.from('the same bytes again and again '.repeat(100))
    for (const compression of compressions) {
      await using producer = client.producer({ partition: () => 0, compression })
      await producer.send([{ topic: name, messages: [{ key: compression, value, headers: {} }] }])
    }
    const seen: IncomingRecord[] = []
    const done = Promise.withResolvers<void>()
    await using _consumer = client.consume({
      groupId: () => `g-${randomUUID()}`,
      topics: [name],
      maxBatch: 1,
      concurrency: 1,
      positions: async () => new Map([[0, 0n]]),
      async onSlice(records) {
        seen.push(...records)
        if (seen.length === compressions.length) done.resolve()
        return true
      },
    })
    await done.promise
    expect(seen.map(({ key }) => key)).to.deep.equal([...compressions])
    for (const one of seen) expect(one.value?.equals(value)).to.equal(true)
  })

  it('answers about a topic that is not there with null', async () => {
    expect(await client.admin.partitions('no-such-topic')).to.equal(null)
    expect(await client.admin.ends('no-such-topic')).to.equal(null)
  })
})
