import { expect } from 'chai'
import fc from 'fast-check'
import { setTimeout as sleep } from 'node:timers/promises'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { eventually } from '../../test/contract/event-log-rig.ts'
import { startWorkQueue } from './work-queue.ts'
import type { WorkQueueOptions } from './work-queue.ts'

const queueOf = (options: Partial<WorkQueueOptions> & Pick<WorkQueueOptions, 'work'>) =>
  startWorkQueue({
    name: 'test',
    concurrency: 2,
    backOff: { firstMs: 5, maxMs: 40 },
    drainMs: 100,
    metrics: createMetrics({ service: 'test', version: '0' }),
    logger,
    ...options,
  })

describe('work queue', () => {
  it('works on a key once however often it is added while it waits', async () => {
    const worked: string[] = []
    const gate = Promise.withResolvers<void>()
    await using queue = queueOf({
      concurrency: 1,
      work: async key => {
        worked.push(key)
        await gate.promise
      },
    })
    for (const key of ['first', 'a', 'a', 'b', 'a']) queue.add(key)
    expect(queue.depth()).to.equal(2)
    gate.resolve()
    await eventually(() => worked.length === 3, 'all are worked on')
    expect(worked).to.deep.equal(['first', 'a', 'b'])
  })

  it('works on a key once more when it was added meanwhile', async () => {
    let times = 0
    const gate = Promise.withResolvers<void>()
    await using queue = queueOf({
      work: async () => {
        times += 1
        if (times === 1) await gate.promise
      },
    })
    queue.add('a')
    queue.add('a')
    queue.add('a')
    gate.resolve()
    await eventually(() => times === 2, 'twice')
    await sleep(20)
    expect(times).to.equal(2)
  })

  it('brings back what failed or asks for it, waiting longer each time, and forgets failures after a success', async () => {
    const at: number[] = []
    await using queue = queueOf({
      backOff: { firstMs: 20, maxMs: 10_000 },
      work: async () => {
        at.push(performance.now())
        if (at.length === 1) throw new Error('once')
        return { requeue: at.length < 4 }
      },
    })
    queue.add('a')
    await eventually(() => at.length === 4, 'four times')
    const gap = (n: number) => (at[n] ?? 0) - (at[n - 1] ?? 0)
    expect(gap(1)).to.be.at.least(9)
    expect(gap(2)).to.be.at.least(19)
    expect(gap(3)).to.be.at.least(39)
  })

  it('lets the earliest of several delays count', async () => {
    const worked: string[] = []
    await using queue = queueOf({ work: async key => void worked.push(key) })
    queue.addAfter('a', 60_000)
    queue.addAfter('a', 10)
    queue.addAfter('a', 60_000)
    queue.addAfter('b', 100 * 365 * 86_400_000)
    await eventually(() => worked.length > 0, 'it comes')
    await sleep(30)
    expect(worked).to.deep.equal(['a'])
  })

  it('shows by the age of its oldest work that it does not move', async () => {
    const gate = Promise.withResolvers<void>()
    await using queue = queueOf({ work: () => gate.promise })
    expect(queue.longestRunningMs()).to.equal(0)
    queue.add('a')
    await sleep(20)
    expect(queue.longestRunningMs()).to.be.at.least(15)
    gate.resolve()
    await eventually(() => queue.longestRunningMs() === 0, 'it moves')
  })

  it('when disposed of waits for what is in hand, takes no more, and tells what does not end to stop', async () => {
    const ended: string[] = []
    const queue = queueOf({
      work: async (key, signal) => {
        await sleep(key === 'short' ? 20 : 60_000, undefined, { signal }).catch(() => undefined)
        ended.push(`${key} ${signal.aborted}`)
      },
    })
    queue.add('short')
    queue.add('long')
    queue.add('waits')
    await queue[Symbol.asyncDispose]()
    queue.add('late')
    expect(ended).to.deep.equal(['short false', 'long true'])
  })

  it('never has two workers on one key, never more than allowed at once, and loses nothing', async function () {
    this.timeout(60_000)
    const keys = fc.constantFrom('a', 'b', 'c', 'd')
    const add = fc.record({
      key: keys,
      delayMs: fc.constantFrom(0, 0, 1, 5),
      pauseMs: fc.constantFrom(-1, -1, 0, 2),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(add, { minLength: 1, maxLength: 30 }),
        fc.array(fc.constantFrom('good', 'good', 'failing', 'requeue', 'later'), { maxLength: 15 }),
        fc.integer({ min: 1, max: 3 }),
        async (adds, outcomes, concurrency) => {
          const inHand = new Set<string>()
          const wrong: string[] = []
          const begun = new Map<string, number>()
          const asked = new Map<string, number>()
          let clock = 0
          const script = [...outcomes]
          await using queue = queueOf({
            concurrency,
            work: async key => {
              if (inHand.has(key)) wrong.push(`two on ${key}`)
              inHand.add(key)
              if (inHand.size > concurrency) wrong.push(`${inHand.size} at once`)
              begun.set(key, (clock += 1))
              const outcome = script.shift()
              await sleep(clock % 3)
              inHand.delete(key)
              if (outcome === undefined || outcome === 'good') return
              asked.set(key, (clock += 1))
              if (outcome === 'failing') throw new Error('failing')
              return outcome === 'requeue' ? { requeue: true } : { requeueAfterMs: 2 }
            },
          })
          for (const { key, delayMs, pauseMs } of adds) {
            asked.set(key, (clock += 1))
            queue.addAfter(key, delayMs)
            if (pauseMs >= 0) await sleep(pauseMs)
          }
          // Whatever was asked for, work began after that.
          const isDone = () =>
            [...asked].every(([key, at]) => (begun.get(key) ?? 0) > at) && inHand.size === 0
          await eventually(isDone, 'all that was asked for is worked on')
          expect(wrong).to.deep.equal([])
        },
      ),
      { numRuns: 100 },
    )
  })
})
