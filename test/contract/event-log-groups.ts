import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually, numbers, record, valuesOf } from './event-log-rig.ts'
import type { LogRecord } from '#internal/eventlog/log.ts'
import type { LogRig } from './event-log-rig.ts'

/** What an adapter keeps for those who share the reading in a group. */
export function describeGroups(rig: LogRig): void {
  const { use, topic, collect, behind } = rig

  it('hands a group every record, and its lag goes to zero', async () => {
    const topicName = await topic()
    const group = `g-${randomUUID()}`
    await rig.log.append(
      topicName,
      numbers(100).map(n => record(`user-${n}`, n)),
    )
    expect(await behind(group, topicName)).to.equal(100n)
    const { seen, handle } = collect()
    const subscription = use(rig.log.consume(group, [topicName], handle, { maxBatch: 7 }))
    await eventually(async () => (await behind(group, topicName)) === 0n, 'the lag goes to zero')
    expect(valuesOf(seen).toSorted()).to.deep.equal(numbers(100).toSorted())
    expect(subscription.healthy).to.equal(true)
    await rig.log.append(topicName, [record('user-1', 'live')])
    await eventually(() => valuesOf(seen).includes('live'), 'a live record arrives')
  })

  it('gives a group at most maxBatch records of one partition at a time', async () => {
    const topicName = await topic(3)
    await rig.log.append(
      topicName,
      numbers(100).map(n => record(`user-${n}`, n)),
    )
    const batches: (readonly LogRecord[])[] = []
    use(
      rig.log.consume(`g-${randomUUID()}`, [topicName], async records => void batches.push(records), {
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
    await rig.log.append(
      topicName,
      numbers(10).map(n => record('k', n)),
    )
    const attempts: string[][] = []
    const lags: bigint[] = []
    use(
      rig.log.consume(
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
    await rig.log.append(
      topicName,
      numbers(20).map(n => record('k', n)),
    )
    const first = rig.open()
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
    use(rig.log.consume(group, [topicName], handle))
    await eventually(async () => (await behind(group, topicName)) === 0n, 'the lag goes to zero')
    expect(valuesOf(seen)).to.deep.equal(numbers(20).slice(5))
  })

  it('finishes and commits the batch in hand when it is disposed', async () => {
    const topicName = await topic(1)
    const group = `g-${randomUUID()}`
    await rig.log.append(
      topicName,
      numbers(4).map(n => record('k', n)),
    )
    const began = Promise.withResolvers<void>()
    const subscription = rig.log.consume(
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
    use(rig.log.consume(group, [topicName], one.handle))
    const other = use(rig.open())
    const leaving = other.consume(group, [topicName], two.handle)
    let sent = 0
    const send = () =>
      rig.log.append(
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
    await rig.log.append(
      topicName,
      numbers(20).map(n => record(n, n)),
    )
    const one = collect()
    const two = collect()
    use(rig.log.consume(`g-${randomUUID()}`, [topicName], one.handle))
    use(rig.log.consume(`g-${randomUUID()}`, [topicName], two.handle))
    await eventually(() => one.seen.length >= 20 && two.seen.length >= 20, 'both groups have all')
  })

  it('keeps several topics of one group apart', async () => {
    const topics = [await topic(1), await topic(2)]
    const { seen, handle } = collect()
    use(rig.log.consume(`g-${randomUUID()}`, topics, handle))
    for (const topicName of topics) await rig.log.append(topicName, [record('k', topicName)])
    await eventually(() => seen.length >= 2, 'both records arrive')
    for (const one of seen) expect(String(one.value)).to.equal(one.topic)
  })
}
