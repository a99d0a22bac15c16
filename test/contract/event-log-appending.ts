import { expect } from 'chai'
import { randomBytes, randomUUID } from 'node:crypto'
import { InvalidInput, Unavailable, VitrineError } from '#internal/errors/errors.ts'
import { eventually, mebibyte, numbers, record, valuesOf } from './event-log-rig.ts'
import type { PartitionEnds } from '#internal/eventlog/log.ts'
import type { LogRig } from './event-log-rig.ts'

const nextOf = (ends: readonly PartitionEnds[]) => ends.map(({ next }) => next)

/** What an adapter keeps of records that are appended. */
export function describeAppending(rig: LogRig): void {
  const { use, topic, collect } = rig

  it('keeps the records of one key in order and tells where each one stands', async () => {
    const topicName = await topic()
    const sent = numbers(300).map(n => record(`user-${Number(n) % 7}`, n))
    const places = (
      await Promise.all([
        rig.log.append(topicName, sent.slice(0, 200)),
        rig.log.append(topicName, sent.slice(200)),
      ])
    ).flat()
    const { seen, handle } = collect()
    use(rig.log.readAll(topicName, { at: 'beginning' }, handle))
    await eventually(() => seen.length >= 300, 'all records are read')
    for (let user = 0; user < 7; user++) {
      const own = seen.filter(({ key }) => key === `user-${user}`)
      expect(valuesOf(own)).to.deep.equal(numbers(300).filter(n => Number(n) % 7 === user))
      expect(new Set(own.map(({ partition }) => partition)).size).to.equal(1)
    }
    for (const [at, place] of places.entries()) {
      const found = seen.find(one => one.partition === place.partition && one.offset === place.offset)
      expect(String(found?.value)).to.equal(String(at))
      expect(found?.appendTime).to.equal(place.appendTime)
    }
  })

  it('keeps the order of appends that were not waited for', async () => {
    const topicName = await topic()
    await Promise.all(numbers(500).map(n => rig.log.append(topicName, [record('one', n)])))
    const { seen, handle } = collect()
    use(rig.log.readAll(topicName, { at: 'beginning' }, handle))
    await eventually(() => seen.length >= 500, 'all records are read')
    expect(valuesOf(seen)).to.deep.equal(numbers(500))
  })

  it('keeps headers, null keys, null values, empty values and bytes that are no text', async () => {
    const topicName = await topic(1)
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
    const headers = { traceparent: '00-aa-bb-01', ce_id: 'ö "quoted" \\ \n 💡', empty: '', __proto__x: '1' }
    await rig.log.append(topicName, [
      record('k\u0000ey', bytes, headers),
      record(null, null),
      record('', ''),
      record('späte Öle 💡', 'x', { a: 'b' }),
    ])
    const { seen, handle } = collect()
    use(rig.log.readAll(topicName, { at: 'beginning' }, handle))
    await eventually(() => seen.length >= 4, 'all records are read')
    expect(seen.map(({ key }) => key)).to.deep.equal(['k\u0000ey', null, '', 'späte Öle 💡'])
    expect(seen[0]?.value?.equals(bytes)).to.equal(true)
    expect(seen[0]?.headers).to.deep.equal(headers)
    expect(seen[1]?.value).to.equal(null)
    expect(seen[2]?.value?.length).to.equal(0)
    expect(seen[3]?.headers).to.deep.equal({ a: 'b' })
  })

  it('takes an append larger than one flush and keeps it whole', async () => {
    const topicName = await topic(2)
    const places = await rig.log.append(
      topicName,
      numbers(12_000).map(n => record(`user-${Number(n) % 50}`, n.padEnd(200))),
    )
    expect(places).to.have.length(12_000)
    expect(new Set(places.map(({ partition, offset }) => `${partition}/${offset}`)).size).to.equal(12_000)
    expect(nextOf(await rig.log.ends(topicName)).reduce((sum, next) => sum + next, 0n)).to.equal(12_000n)
  })

  it('takes records of 2 MB where the topic allows them, and refuses them by name where not', async () => {
    const large = await topic(1, 4 * mebibyte)
    const small = await topic(1, mebibyte)
    const value = randomBytes(2 * mebibyte)
    await rig.log.append(large, [record('k', value), record('k', 'after')])
    const { seen, handle } = collect()
    use(rig.log.readAll(large, { at: 'beginning' }, handle))
    await eventually(() => seen.length >= 2, 'the large record is read')
    expect(seen[0]?.value?.equals(value)).to.equal(true)
    const refusal: unknown = await rig.log
      .append(small, [record('k', value)])
      .catch((error: unknown) => error)
    expect(refusal).to.be.instanceOf(InvalidInput)
    await rig.log.append(small, [record('k', 'goes on')])
    expect(nextOf(await rig.log.ends(small))).to.deep.equal([1n])
  })

  it('stamps append times of its own that never go back within a partition', async () => {
    const topicName = await topic(2)
    const before = Date.now()
    for (let round = 0; round < 10; round++) {
      await rig.log.append(
        topicName,
        numbers(10).map(n => record(`user-${n}`, n, { ce_time: '1999-01-01T00:00:00Z' })),
      )
    }
    const after = Date.now()
    const { seen, handle } = collect()
    use(rig.log.readAll(topicName, { at: 'beginning' }, handle))
    await eventually(() => seen.length >= 100, 'all records are read')
    for (const partition of [0, 1]) {
      const times = seen.filter(one => one.partition === partition).map(({ appendTime }) => appendTime)
      expect(times).to.deep.equal(times.toSorted((a, b) => a - b))
    }
    // The log may run on another clock; a minute apart would be a wrong unit or the producer's time.
    for (const { appendTime } of seen) expect(appendTime).to.be.within(before - 60_000, after + 60_000)
  })

  it('says clearly that a topic is not there', async () => {
    for (const call of [
      () => rig.log.append('no-such-topic', [record('k', 'v')]),
      () => rig.log.ends('no-such-topic'),
    ]) {
      const error: unknown = await call().catch((reason: unknown) => reason)
      expect(error).to.be.instanceOf(VitrineError)
      expect((error as Error).message).to.contain('no-such-topic')
    }
  })

  it('makes topics once when asked twice at once, and leaves them as they are', async () => {
    const other = use(rig.open())
    const specs = [1, 2].map(partitions => ({
      name: `t-${randomUUID()}`,
      partitions,
      retentionMs: null,
      maxRecordBytes: mebibyte,
    }))
    await Promise.all([rig.log.ensureTopics(specs), other.ensureTopics(specs), rig.log.ensureTopics(specs)])
    await rig.log.ensureTopics(specs.map(spec => ({ ...spec, partitions: spec.partitions + 3 })))
    expect(await rig.log.ends(specs[1]?.name as string)).to.have.length(2)
  })

  it('refuses at once what its buffer cannot hold, and takes it again later', async () => {
    const topicName = await topic()
    const narrow = use(rig.open({ maxRecords: 10 }))
    const first = Promise.allSettled(numbers(30).map(n => narrow.append(topicName, [record('k', n)])))
    const outcomes = await first
    const refused = outcomes.filter(one => one.status === 'rejected')
    expect(refused).to.have.length(20)
    for (const { reason } of refused) {
      expect(reason).to.be.instanceOf(Unavailable)
      expect((reason as Unavailable).retryAfterSeconds).to.be.greaterThan(0)
      expect((reason as Unavailable).message).to.contain('buffer')
    }
    await narrow.append(topicName, [record('k', 'later')])
  })

  it('tells the ends of a topic', async () => {
    const topicName = await topic(1)
    expect(await rig.log.ends(topicName)).to.deep.equal([{ partition: 0, first: 0n, next: 0n }])
    await rig.log.append(
      topicName,
      numbers(3).map(n => record('k', n)),
    )
    expect(await rig.log.ends(topicName)).to.deep.equal([{ partition: 0, first: 0n, next: 3n }])
  })

  it('gives dense offsets to appenders that write at once, and keeps the order of each', async () => {
    const topicName = await topic(2)
    const others = [use(rig.open()), use(rig.open()), rig.log]
    await Promise.all(
      others.map(async (appender, who) => {
        for (let round = 0; round < 20; round++) {
          await appender.append(
            topicName,
            numbers(10).map(n => record(`${who}`, `${who}:${round * 10 + Number(n)}`)),
          )
        }
      }),
    )
    const { seen, handle } = collect()
    use(rig.log.readAll(topicName, { at: 'beginning' }, handle))
    await eventually(() => seen.length >= 600, 'all records are read')
    for (const [who] of others.entries()) {
      const own = seen.filter(({ key }) => key === `${who}`)
      expect(valuesOf(own)).to.deep.equal(numbers(200).map(n => `${who}:${n}`))
    }
    for (const { partition, next } of await rig.log.ends(topicName)) {
      const offsets = seen.filter(one => one.partition === partition).map(({ offset }) => offset)
      expect(offsets).to.deep.equal(Array.from({ length: Number(next) }, (_, at) => BigInt(at)))
    }
  })

  it('answers a ping', async () => {
    await rig.log.ping()
  })
}
