import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually, mebibyte, numbers, record, valuesOf } from './event-log-rig.ts'
import type { LogRig } from './event-log-rig.ts'

/** What an adapter keeps for those who read all, on their own. */
export function describeReading(rig: LogRig): void {
  const { use, topic, collect, behind } = rig

  it('reads without a group from the end, a time or offsets, and commits nothing', async () => {
    const topicName = await topic(1)
    const group = `g-${randomUUID()}`
    await rig.log.append(
      topicName,
      numbers(5).map(n => record('k', n)),
    )
    await sleep(20)
    const [place] = await rig.log.append(topicName, [record('k', 'later')])
    const fromTime = collect()
    const fromOffset = collect()
    const fromEnd = collect()
    use(rig.log.readAll(topicName, { at: 'time', appendTime: place?.appendTime as number }, fromTime.handle))
    use(rig.log.readAll(topicName, { at: 'offsets', offsets: new Map([[0, 3n]]) }, fromOffset.handle))
    const tail = use(rig.log.readAll(topicName, { at: 'end' }, fromEnd.handle))
    await eventually(() => tail.healthy, 'the reader is healthy')
    await rig.log.append(topicName, [record('k', 'live')])
    await eventually(
      () => [fromTime, fromOffset, fromEnd].every(({ seen }) => valuesOf(seen).includes('live')),
      'all are live',
    )
    expect(valuesOf(fromTime.seen)).to.deep.equal(['later', 'live'])
    expect(valuesOf(fromOffset.seen)).to.deep.equal(['3', '4', 'later', 'live'])
    expect(valuesOf(fromEnd.seen)).to.deep.equal(['live'])
    expect(await behind(group, topicName)).to.equal(7n)
  })

  it('tells how far a reader is, after what it read was handled', async () => {
    const topicName = await topic(2)
    await rig.log.append(
      topicName,
      numbers(20).map(n => record(n, n)),
    )
    const handled = new Map<number, bigint>()
    const reached = new Map<number, bigint>()
    const wrong: string[] = []
    use(
      rig.log.readAll(
        topicName,
        { at: 'beginning' },
        async records => {
          for (const { partition, offset } of records) handled.set(partition, offset + 1n)
        },
        {
          maxBatch: 3,
          onReached(partition, next) {
            if (handled.get(partition) !== next) wrong.push(`${partition}:${next}`)
            reached.set(partition, next)
          },
        },
      ),
    )
    const ends = (await rig.log.ends(topicName)).filter(({ next }) => next > 0n)
    const isThere = () => ends.every(({ partition, next }) => reached.get(partition) === next)
    await eventually(isThere, 'it is at the end')
    expect(wrong).to.deep.equal([])
  })

  it('waits for a topic that is made later', async () => {
    const topicName = `t-${randomUUID()}`
    const ofGroup = collect()
    const ofAll = collect()
    use(rig.log.consume(`g-${randomUUID()}`, [topicName], ofGroup.handle))
    use(rig.log.readAll(topicName, { at: 'beginning' }, ofAll.handle))
    await sleep(200)
    await rig.log.ensureTopics([
      { name: topicName, partitions: 1, retentionMs: null, maxRecordBytes: mebibyte },
    ])
    await rig.log.append(topicName, [record('k', 'v')])
    await eventually(() => ofGroup.seen.length >= 1 && ofAll.seen.length >= 1, 'both get the record')
  })
}
