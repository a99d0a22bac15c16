import { start } from '../test/system/processes.ts'
import { connectDriver } from './driver.ts'
import { requestRate } from './http.ts'
import { compare } from './measure.ts'
import { userOf } from './views.ts'
import type { Driver } from './driver.ts'
import type { Figure, Measured } from './measure.ts'
import type { Stand } from './stand.ts'

/** Histories over HTTP, of a store that the loader's bench has filled. */
export async function benchReads(stand: Stand): Promise<Figure[]> {
  const { seconds, rounds, tell, env } = stand
  const users = Array.from({ length: 200 }, (_, number) => userOf(number))
  await using driver = await connectDriver(stand)
  await using api = await start('api', env)
  const history = users.map(user => ({ path: `/v1/users/${user}/history` }))
  const figure = await compare({
    name: "a user's history",
    unit: 'requests/s',
    against: "the driver's own reads",
    budget: null,
    rounds,
    tell,
    ceiling: () => readRate(driver, users, seconds),
    vitrine: () => requestRate(api.url, history, seconds),
  })
  return [figure]
}

const readsAtOnce = 50

async function readRate(driver: Driver, users: readonly string[], seconds: number): Promise<Measured> {
  const started = performance.now()
  const end = started + seconds * 1_000
  let reads = 0
  const reader = async () => {
    while (performance.now() < end) {
      await driver.read(users[reads % users.length] ?? '')
      reads += 1
    }
  }
  await Promise.all(Array.from({ length: readsAtOnce }, reader))
  return { rate: (reads * 1_000) / (performance.now() - started) }
}
