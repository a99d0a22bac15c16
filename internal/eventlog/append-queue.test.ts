import { expect } from 'chai'
import fc from 'fast-check'
import { InvalidInput, Unavailable } from '#internal/errors/errors.ts'
import { createAppendQueue, defaultAppendLimits } from './append-queue.ts'
import type { AppendLimits, FlushResult, Slice } from './append-queue.ts'
import type { NewRecord } from './log.ts'

const record = (value: string): NewRecord => ({ key: 'k', value: Buffer.from(value), headers: {} })
const limits = (some: Partial<AppendLimits>): AppendLimits => ({ ...defaultAppendLimits, ...some })

/** A log of one partition; what it holds is in `kept`. */
function createStore() {
  const kept: string[] = []
  const sizes: number[] = []
  let next = 0n
  const keep = async (slices: readonly Slice[]): Promise<FlushResult[]> => {
    sizes.push(slices.reduce((sum, { records }) => sum + records.length, 0))
    await new Promise(setImmediate)
    return slices.map(({ records }) =>
      records.map(({ value }) => {
        kept.push(String(value))
        return { partition: 0, offset: next++, appendTime: 0 }
      }),
    )
  }
  return { kept, sizes, keep }
}

describe('append queue', () => {
  it('keeps the order of the calls, whatever their sizes and the limits of a flush', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 1_000 }),
        async (counts, maxFlushRecords, maxFlushBytes) => {
          const { kept, sizes, keep } = createStore()
          const queue = createAppendQueue(keep, limits({ maxFlushRecords, maxFlushBytes }))
          let made = 0
          const places = await Promise.all(
            counts.map(count =>
              queue.append(
                't',
                Array.from({ length: count }, () => record(String(made++))),
              ),
            ),
          )
          expect(kept).to.deep.equal(Array.from({ length: made }, (_, at) => String(at)))
          expect(places.flat().map(({ offset }) => Number(offset))).to.deep.equal(kept.map(Number))
          expect(Math.max(0, ...sizes)).to.be.at.most(maxFlushRecords)
        },
      ),
    )
  })

  it('sends what gathers during a flush together with the next one', async () => {
    const { sizes, keep } = createStore()
    const queue = createAppendQueue(keep)
    await Promise.all(Array.from({ length: 50 }, (_, at) => queue.append('t', [record(String(at))])))
    expect(sizes).to.deep.equal([50])
  })

  it('refuses at once what goes beyond its bounds, says when to come again, and frees what was held', async () => {
    const { keep } = createStore()
    const queue = createAppendQueue(keep, limits({ maxRecords: 2 }))
    const held = queue.append('t', [record('1'), record('2')])
    const error: unknown = await queue.append('t', [record('3')]).catch((reason: unknown) => reason)
    expect(error).to.be.instanceOf(Unavailable)
    expect((error as Unavailable).retryAfterSeconds).to.equal(1)
    await held
    expect(await queue.append('t', [record('3')])).to.have.length(1)
  })

  it('tries again while the log is away, in order, and forgets nothing', async () => {
    const { kept, keep } = createStore()
    let failures = 2
    const queue = createAppendQueue(
      async slices => {
        if (failures-- > 0) throw new Unavailable('away')
        return keep(slices)
      },
      limits({ maxFlushRecords: 2 }),
    )
    await Promise.all(['1', '2', '3'].map(value => queue.append('t', [record(value)])))
    expect(kept).to.deep.equal(['1', '2', '3'])
  })

  it('gives up on a log that stays away after the time limit, and takes appends again when it is back', async () => {
    const { kept, keep } = createStore()
    let away = true
    const queue = createAppendQueue(
      async slices => {
        if (away) throw new Unavailable('away')
        return keep(slices)
      },
      limits({ timeLimitMs: 50, maxRecords: 1 }),
    )
    const error: unknown = await queue.append('t', [record('lost')]).catch((reason: unknown) => reason)
    expect(error).to.be.instanceOf(Unavailable)
    away = false
    await createAppendQueue(keep).append('t', [record('kept')])
    expect(kept).to.deep.equal(['kept'])
  })

  it('rejects in time when a flush never answers', async () => {
    const queue = createAppendQueue(() => new Promise(() => {}), limits({ timeLimitMs: 30 }))
    const error: unknown = await queue.append('t', [record('x')]).catch((reason: unknown) => reason)
    expect(error).to.be.instanceOf(Unavailable)
  })

  it('tells a caller, and goes on, when a flush says too little of its records, or nothing', async () => {
    const short = createAppendQueue(async slices => slices.map(() => []))
    const error: unknown = await short.append('t', [record('x')]).catch((reason: unknown) => reason)
    expect(error)
      .to.be.instanceOf(Error)
      .with.property('message')
      .that.matches(/1 records .* of 0$/)
    const silent = createAppendQueue(async () => [])
    const other: unknown = await silent.append('t', [record('x')]).catch((reason: unknown) => reason)
    expect(other)
      .to.be.instanceOf(Error)
      .with.property('message')
      .that.matches(/1 records .* of 0$/)
  })

  it('lets only the caller whose record is refused know of it', async () => {
    const { kept, keep } = createStore()
    const queue = createAppendQueue(async slices =>
      (await keep(slices)).map((result, at) =>
        slices[at]?.topic === 'bad' ? new InvalidInput('too large') : result,
      ),
    )
    const [good, bad] = await Promise.allSettled([
      queue.append('good', [record('1')]),
      queue.append('bad', [record('2')]),
    ])
    expect(good?.status).to.equal('fulfilled')
    expect(bad?.status).to.equal('rejected')
    expect(kept).to.include('1')
  })
})
