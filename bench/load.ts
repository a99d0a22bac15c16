import { startLoader } from '#internal/load/loader.ts'
import { connectDriver } from './driver.ts'
import { appendAll } from './intake.ts'
import { compare, ratePerSecond } from './measure.ts'
import { makeViews, recordsOf } from './views.ts'
import type { HistoryStore } from '#internal/history/store.ts'
import type { Figure, Measured } from './measure.ts'
import type { Stand } from './stand.ts'

const viewsPerSecond = 10_000

/** From a full log into the store. It must be the first to use the log: what others appended would be loaded too. */
export async function benchLoad(stand: Stand): Promise<Figure[]> {
  await using driver = await connectDriver(stand)
  const { seconds, rounds, tell } = stand
  const count = Math.round(viewsPerSecond * seconds)
  // Each writes views of its own, into tables that grow for both alike.
  const loaded = (round: number) => makeViews(2 * round * count, count)
  const written = (round: number) => makeViews((2 * round + 1) * count, count)
  const figure = await compare({
    name: 'loader',
    unit: 'views/s',
    against: "the driver's own writes into both tables",
    budget: 0.5,
    rounds,
    tell,
    async vitrine(round) {
      const log = stand.engines.log()
      await appendAll(log, await recordsOf(loaded(round), log))
      return loadRate(stand, count)
    },
    ceiling: round => ratePerSecond(count, () => driver.write(written(round))),
  })
  return [figure]
}

const loadLimitMs = 120_000

/** Loads `count` views and tells the rate from the first batch on: joining the group is not loading. */
async function loadRate({ engines, logger, metrics }: Stand, count: number): Promise<Measured> {
  const finished = Promise.withResolvers<Measured>()
  const store = engines.history()
  let started: number | null = null
  let done = 0
  const history: HistoryStore = {
    ...store,
    async recordViews(views) {
      started ??= performance.now()
      await store.recordViews(views)
      done += views.length
      if (done >= count) finished.resolve({ rate: (done * 1_000) / (performance.now() - started) })
    },
  }
  const late = () => finished.reject(new Error(`of ${count} views only ${done} were loaded in time`))
  const timer = setTimeout(late, loadLimitMs)
  await using _loader = startLoader({ log: engines.log(), history, logger, metrics, now: Date.now })
  try {
    return await finished.promise
  } finally {
    clearTimeout(timer)
  }
}
