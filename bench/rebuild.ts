import { setTimeout as sleep } from 'node:timers/promises'
import { productViewsTopic } from '#internal/eventlog/topics.ts'
import { createCatchUp } from '#internal/recommend/live/catch-up.ts'
import { startIndexFeed } from '#internal/recommend/live/feed.ts'
import { createSessionIndex, defaultSessionIndexSettings } from '#internal/recommend/index/session-index.ts'
import { appendAll } from './intake.ts'
import { compare } from './measure.ts'
import { firstViews, shopWith } from './shop.ts'
import { recordsOf } from './views.ts'
import type { Figure, Measured } from './measure.ts'
import type { Stand } from './stand.ts'

const viewsPerSecond = 100_000
const limitMs = 120_000

/** From the log into the index of a process that starts. */
export async function benchRebuild(stand: Stand): Promise<Figure[]> {
  const { seconds, rounds, tell, engines } = stand
  const count = Math.round(viewsPerSecond * seconds)
  const log = engines.log()
  await appendAll(log, await recordsOf([...firstViews(shopWith(count * 1.1), count)], log))
  const figure = await compare({
    name: 'rebuilding the index',
    unit: 'records/s',
    against: "the log's own bulk read of the same records",
    budget: 0.5,
    rounds,
    tell,
    ceiling: () => readRate(stand, count),
    vitrine: () => rebuildRate(stand, count),
  })
  return [figure]
}

/** Until so many of the newest records have been handed to a handler that does nothing. */
async function readRate({ engines }: Stand, count: number): Promise<Measured> {
  const log = engines.log()
  const read = Promise.withResolvers<void>()
  const began = performance.now()
  const ends = await log.ends(productViewsTopic)
  const each = BigInt(Math.ceil(count / ends.length))
  const offsets = new Map(
    ends.map(({ partition, first, next }) => [partition, next - first > each ? next - each : first]),
  )
  const catchUp = createCatchUp(ends, offsets)
  let records = 0
  await using _reading = log.readAll(
    productViewsTopic,
    { at: 'offsets', offsets },
    async batch => {
      records += batch.length
    },
    {
      maxBatch: 500,
      onReached(partition, next) {
        catchUp.reached(partition, next)
        if (catchUp.done) read.resolve()
      },
    },
  )
  await Promise.race([read.promise, late('the log could not be read')])
  return { rate: (records * 1_000) / (performance.now() - began) }
}

/** Until an index that starts empty is warm. */
async function rebuildRate({ engines, logger }: Stand, count: number): Promise<Measured> {
  const index = createSessionIndex({ ...defaultSessionIndexSettings, capacityViews: count })
  const began = performance.now()
  await using feed = startIndexFeed({
    log: engines.log(),
    index,
    historyTtlMs: 90 * 24 * 60 * 60 * 1000,
    newestRecords: count,
    logger,
  })
  while (!feed.warm) {
    if (performance.now() - began > limitMs) throw new Error('the index did not get warm')
    await sleep(5)
  }
  const took = performance.now() - began
  return { rate: (index.views * 1_000) / took }
}

async function late(what: string): Promise<never> {
  await sleep(limitMs, undefined, { ref: false })
  throw new Error(`${what} within ${limitMs / 1_000} s`)
}
