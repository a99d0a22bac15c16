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
  const usersOf = (round: number) =>
    Array.from({ length: usersPerRound }, (_, number) => userOf(round * usersPerRound + number))
  await using driver = await connectDriver(stand)
  await using api = await start('api', env)
  const historiesOf = (round: number) => usersOf(round).map(user => ({ path: `/v1/users/${user}/history` }))
  const figure = await compare({
    name: "a user's history, from the store",
    unit: 'requests/s',
    against: "the driver's own reads",
    budget: null,
    rounds,
    tell,
    ceiling: round => readRate(driver, usersOf(round), seconds),
    vitrine: round => requestRate(api.url, historiesOf(round), seconds),
  })
  return [figure]
}

/** Others in each round, since who asks again after a while is answered from memory. */
const usersPerRound = 200
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
