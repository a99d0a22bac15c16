import { expect } from 'chai'
import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidInput, Unavailable, VitrineError } from '#internal/errors/errors.ts'
import type { BatchHandler, EventLog, LogRecord, NewRecord, PartitionEnds } from '#internal/eventlog/log.ts'

export interface LogUnderTest {
  /** Another process's view of the same log, with an append buffer of at most so many records. */
  open(options?: { maxRecords?: number }): EventLog
  close(): Promise<void>
}

const mebibyte = 1024 * 1024

export function record(
  key: string | null,
  value: string | Buffer | null,
  headers: Record<string, string> = {},
): NewRecord {
  return { key, value: typeof value === 'string' ? Buffer.from(value) : value, headers }
}

/** Asks until the condition holds; the limit only keeps a failing test from waiting for ever. */
export async function eventually(condition: () => Promise<boolean> | boolean, what: string): Promise<void> {
  const limit = Date.now() + 30_000
  while (!(await condition())) {
    if (Date.now() > limit) throw new Error(`did not happen: ${what}`)
    await sleep(25)
  }
}

const valuesOf = (records: readonly LogRecord[]) => records.map(({ value }) => String(value))
const numbers = (count: number) => Array.from({ length: count }, (_, at) => String(at))

/** What every adapter of the event log must keep. */
export function describeEventLog(name: string, start: () => Promise<LogUnderTest | { skip: string }>): void {
  describe(`event log: ${name}`, function () {
    this.timeout(90_000)
    let log: EventLog
    let underTest: LogUnderTest
    const opened: AsyncDisposable[] = []

    before(async function () {
      const started = await start()
      if ('skip' in started) {
        process.stdout.write(`    SKIPPED: ${started.skip}\n`)
        return this.skip()
      }
      underTest = started
      log = underTest.open()
    })
    afterEach(async () => {
      for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]()
    })
    after(async () => {
      await log?.[Symbol.asyncDispose]()
      await underTest?.close()
    })

    function use<T extends AsyncDisposable>(one: T): T {
      opened.push(one)
      return one
    }

    async function topic(partitions = 4, maxRecordBytes = mebibyte): Promise<string> {
      const topicName = `t-${randomUUID()}`
      await log.ensureTopics([{ name: topicName, partitions, retentionMs: 86_400_000, maxRecordBytes }])
      return topicName
    }

    function collect(): { seen: LogRecord[]; handle: BatchHandler } {
      const seen: LogRecord[] = []
      return { seen, handle: async records => void seen.push(...records) }
    }

    async function behind(group: string, topicName: string): Promise<bigint> {
      return (await log.lag(group, topicName)).reduce((sum, { records }) => sum + records, 0n)
    }

    const nextOf = (ends: readonly PartitionEnds[]) => ends.map(({ next }) => next)

    it('keeps the records of one key in order and tells where each one stands', async () => {
      const topicName = await topic()
      const sent = numbers(300).map(n => record(`user-${Number(n) % 7}`, n))
      const places = (
        await Promise.all([log.append(topicName, sent.slice(0, 200)), log.append(topicName, sent.slice(200))])
      ).flat()
      const { seen, handle } = collect()
      use(log.readAll(topicName, { at: 'beginning' }, handle))
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
      await Promise.all(numbers(500).map(n => log.append(topicName, [record('one', n)])))
      const { seen, handle } = collect()
      use(log.readAll(topicName, { at: 'beginning' }, handle))
      await eventually(() => seen.length >= 500, 'all records are read')
      expect(valuesOf(seen)).to.deep.equal(numbers(500))
    })

    it('keeps headers, null keys, null values, empty values and bytes that are no text', async () => {
      const topicName = await topic(1)
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
      const headers = { traceparent: '00-aa-bb-01', ce_id: 'ö "quoted" \\ \n 💡', empty: '', __proto__x: '1' }
      await log.append(topicName, [
        record('k\u0000ey', bytes, headers),
        record(null, null),
        record('', ''),
        record('späte Öle 💡', 'x', { a: 'b' }),
      ])
      const { seen, handle } = collect()
      use(log.readAll(topicName, { at: 'beginning' }, handle))
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
      const places = await log.append(
        topicName,
        numbers(12_000).map(n => record(`user-${Number(n) % 50}`, n.padEnd(200))),
      )
      expect(places).to.have.length(12_000)
      expect(new Set(places.map(({ partition, offset }) => `${partition}/${offset}`)).size).to.equal(12_000)
      expect(nextOf(await log.ends(topicName)).reduce((sum, next) => sum + next, 0n)).to.equal(12_000n)
    })

    it('takes records of 2 MB where the topic allows them, and refuses them by name where not', async () => {
      const large = await topic(1, 4 * mebibyte)
      const small = await topic(1, mebibyte)
      const value = randomBytes(2 * mebibyte)
      await log.append(large, [record('k', value), record('k', 'after')])
      const { seen, handle } = collect()
      use(log.readAll(large, { at: 'beginning' }, handle))
      await eventually(() => seen.length >= 2, 'the large record is read')
      expect(seen[0]?.value?.equals(value)).to.equal(true)
      const refusal: unknown = await log.append(small, [record('k', value)]).catch((error: unknown) => error)
      expect(refusal).to.be.instanceOf(InvalidInput)
      await log.append(small, [record('k', 'goes on')])
      expect(nextOf(await log.ends(small))).to.deep.equal([1n])
    })

    it('stamps append times of its own that never go back within a partition', async () => {
      const topicName = await topic(2)
      const before = Date.now()
      for (let round = 0; round < 10; round++) {
        await log.append(
          topicName,
          numbers(10).map(n => record(`user-${n}`, n, { ce_time: '1999-01-01T00:00:00Z' })),
        )
      }
      const after = Date.now()
      const { seen, handle } = collect()
      use(log.readAll(topicName, { at: 'beginning' }, handle))
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
        () => log.append('no-such-topic', [record('k', 'v')]),
        () => log.ends('no-such-topic'),
      ]) {
        const error: unknown = await call().catch((reason: unknown) => reason)
        expect(error).to.be.instanceOf(VitrineError)
        expect((error as Error).message).to.contain('no-such-topic')
      }
    })

    it('makes topics once when asked twice at once, and leaves them as they are', async () => {
      const other = use(underTest.open())
      const specs = [1, 2].map(partitions => ({
        name: `t-${randomUUID()}`,
        partitions,
        retentionMs: null,
        maxRecordBytes: mebibyte,
      }))
      await Promise.all([log.ensureTopics(specs), other.ensureTopics(specs), log.ensureTopics(specs)])
      await log.ensureTopics(specs.map(spec => ({ ...spec, partitions: spec.partitions + 3 })))
      expect(await log.ends(specs[1]?.name as string)).to.have.length(2)
    })

    it('refuses at once what its buffer cannot hold, and takes it again later', async () => {
      const topicName = await topic()
      const narrow = use(underTest.open({ maxRecords: 10 }))
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

    it('hands a group every record, and its lag goes to zero', async () => {
      const topicName = await topic()
      const group = `g-${randomUUID()}`
      await log.append(
        topicName,
        numbers(100).map(n => record(`user-${n}`, n)),
      )
      expect(await behind(group, topicName)).to.equal(100n)
      const { seen, handle } = collect()
      const subscription = use(log.consume(group, [topicName], handle, { maxBatch: 7 }))
      await eventually(async () => (await behind(group, topicName)) === 0n, 'the lag goes to zero')
      expect(valuesOf(seen).toSorted()).to.deep.equal(numbers(100).toSorted())
      expect(subscription.healthy).to.equal(true)
      await log.append(topicName, [record('user-1', 'live')])
      await eventually(() => valuesOf(seen).includes('live'), 'a live record arrives')
    })

    it('gives a group at most maxBatch records of one partition at a time', async () => {
      const topicName = await topic(3)
      await log.append(
        topicName,
        numbers(100).map(n => record(`user-${n}`, n)),
      )
      const batches: (readonly LogRecord[])[] = []
      use(
        log.consume(`g-${randomUUID()}`, [topicName], async records => void batches.push(records), {
          maxBatch: 9,
        }),
      )
      await eventually(() => batches.flat().length >= 100, 'all records arrive')
      for (const batch of batches) {
        expect(batch.length).to.be.within(1, 9)
        expect(new Set(batch.map(({ partition }) => partition)).size).to.equal(1)
      }
    })

    it('hands the same records again when the handler throws, and commits nothing of them before', async () => {
      const topicName = await topic(1)
      const group = `g-${randomUUID()}`
      await log.append(
        topicName,
        numbers(10).map(n => record('k', n)),
      )
      const attempts: string[][] = []
      const lags: bigint[] = []
      use(
        log.consume(
          group,
          [topicName],
          async records => {
            attempts.push(valuesOf(records))
            lags.push(await behind(group, topicName))
            if (attempts.length < 3) throw new Error('the store is away')
          },
          { maxBatch: 10 },
        ),
      )
      await eventually(async () => (await behind(group, topicName)) === 0n, 'the lag goes to zero')
      expect(attempts[1]).to.deep.equal(attempts[0])
      expect(attempts[2]).to.deep.equal(attempts[0])
      expect(lags.slice(0, 3)).to.deep.equal([10n, 10n, 10n])
    })

    it('gives records that a member left unfinished to the next one', async () => {
      const topicName = await topic(1)
      const group = `g-${randomUUID()}`
      await log.append(
        topicName,
        numbers(20).map(n => record('k', n)),
      )
      const first = underTest.open()
      const handled: string[] = []
      const stuck = Promise.withResolvers<void>()
      first.consume(
        group,
        [topicName],
        async (records, signal) => {
          if (handled.length >= 5) {
            stuck.resolve()
            await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('cut'))))
          }
          handled.push(...valuesOf(records))
        },
        { maxBatch: 5 },
      )
      await stuck.promise
      await first[Symbol.asyncDispose]()
      expect(await behind(group, topicName)).to.equal(15n)
      const { seen, handle } = collect()
      use(log.consume(group, [topicName], handle))
      await eventually(async () => (await behind(group, topicName)) === 0n, 'the lag goes to zero')
      expect(valuesOf(seen)).to.deep.equal(numbers(20).slice(5))
    })

    it('finishes and commits the batch in hand when it is disposed', async () => {
      const topicName = await topic(1)
      const group = `g-${randomUUID()}`
      await log.append(
        topicName,
        numbers(4).map(n => record('k', n)),
      )
      const began = Promise.withResolvers<void>()
      const subscription = log.consume(
        group,
        [topicName],
        async () => {
          began.resolve()
          await sleep(300)
        },
        { maxBatch: 2 },
      )
      await began.promise
      await subscription[Symbol.asyncDispose]()
      expect(await behind(group, topicName)).to.equal(2n)
    })

    it('shares partitions among two members, and gives them to the one that stays', async () => {
      const topicName = await topic(4)
      const group = `g-${randomUUID()}`
      const one = collect()
      const two = collect()
      use(log.consume(group, [topicName], one.handle))
      const other = use(underTest.open())
      const leaving = other.consume(group, [topicName], two.handle)
      let sent = 0
      const send = () =>
        log.append(
          topicName,
          numbers(40).map(() => record(`user-${sent}`, String(sent++))),
        )
      await eventually(async () => {
        await send()
        return one.seen.length > 0 && two.seen.length > 0
      }, 'both members get records')
      await leaving[Symbol.asyncDispose]()
      const left = two.seen.length
      await send()
      await eventually(async () => (await behind(group, topicName)) === 0n, 'the lag goes to zero')
      expect(two.seen.length).to.equal(left)
      const all = new Set(valuesOf([...one.seen, ...two.seen]))
      expect(all.size).to.equal(sent)
    })

    it('lets two groups read the same records', async () => {
      const topicName = await topic(2)
      await log.append(
        topicName,
        numbers(20).map(n => record(n, n)),
      )
      const one = collect()
      const two = collect()
      use(log.consume(`g-${randomUUID()}`, [topicName], one.handle))
      use(log.consume(`g-${randomUUID()}`, [topicName], two.handle))
      await eventually(() => one.seen.length >= 20 && two.seen.length >= 20, 'both groups have all')
    })

    it('keeps several topics of one group apart', async () => {
      const topics = [await topic(1), await topic(2)]
      const { seen, handle } = collect()
      use(log.consume(`g-${randomUUID()}`, topics, handle))
      for (const topicName of topics) await log.append(topicName, [record('k', topicName)])
      await eventually(() => seen.length >= 2, 'both records arrive')
      for (const one of seen) expect(String(one.value)).to.equal(one.topic)
    })

    it('reads without a group from the end, a time or offsets, and commits nothing', async () => {
      const topicName = await topic(1)
      const group = `g-${randomUUID()}`
      await log.append(
        topicName,
        numbers(5).map(n => record('k', n)),
      )
      await sleep(20)
      const [place] = await log.append(topicName, [record('k', 'later')])
      const fromTime = collect()
      const fromOffset = collect()
      const fromEnd = collect()
      use(log.readAll(topicName, { at: 'time', appendTime: place?.appendTime as number }, fromTime.handle))
      use(log.readAll(topicName, { at: 'offsets', offsets: new Map([[0, 3n]]) }, fromOffset.handle))
      const tail = use(log.readAll(topicName, { at: 'end' }, fromEnd.handle))
      await eventually(() => tail.healthy, 'the reader is healthy')
      await log.append(topicName, [record('k', 'live')])
      await eventually(
        () => [fromTime, fromOffset, fromEnd].every(({ seen }) => valuesOf(seen).includes('live')),
        'all are live',
      )
      expect(valuesOf(fromTime.seen)).to.deep.equal(['later', 'live'])
      expect(valuesOf(fromOffset.seen)).to.deep.equal(['3', '4', 'later', 'live'])
      expect(valuesOf(fromEnd.seen)).to.deep.equal(['live'])
      expect(await behind(group, topicName)).to.equal(7n)
    })

    it('waits for a topic that is made later', async () => {
      const topicName = `t-${randomUUID()}`
      const ofGroup = collect()
      const ofAll = collect()
      use(log.consume(`g-${randomUUID()}`, [topicName], ofGroup.handle))
      use(log.readAll(topicName, { at: 'beginning' }, ofAll.handle))
      await sleep(200)
      await log.ensureTopics([
        { name: topicName, partitions: 1, retentionMs: null, maxRecordBytes: mebibyte },
      ])
      await log.append(topicName, [record('k', 'v')])
      await eventually(() => ofGroup.seen.length >= 1 && ofAll.seen.length >= 1, 'both get the record')
    })

    it('tells the ends of a topic', async () => {
      const topicName = await topic(1)
      expect(await log.ends(topicName)).to.deep.equal([{ partition: 0, first: 0n, next: 0n }])
      await log.append(
        topicName,
        numbers(3).map(n => record('k', n)),
      )
      expect(await log.ends(topicName)).to.deep.equal([{ partition: 0, first: 0n, next: 3n }])
    })

    it('gives dense offsets to appenders that write at once, and keeps the order of each', async () => {
      const topicName = await topic(2)
      const others = [use(underTest.open()), use(underTest.open()), log]
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
      use(log.readAll(topicName, { at: 'beginning' }, handle))
      await eventually(() => seen.length >= 600, 'all records are read')
      for (const [who] of others.entries()) {
        const own = seen.filter(({ key }) => key === `${who}`)
        expect(valuesOf(own)).to.deep.equal(numbers(200).map(n => `${who}:${n}`))
      }
      for (const { partition, next } of await log.ends(topicName)) {
        const offsets = seen.filter(one => one.partition === partition).map(({ offset }) => offset)
        expect(offsets).to.deep.equal(Array.from({ length: Number(next) }, (_, at) => BigInt(at)))
      }
    })

    it('answers a ping', async () => {
      await log.ping()
    })
  })
}
