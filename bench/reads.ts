import { run, start, until } from '../test/system/processes.ts'
import { startTestPostgres } from '../test/engines/postgres.ts'
import { startBareServer } from './bare.ts'
import { connectDriver } from './driver.ts'
import { requestRate } from './http.ts'
import { compare } from './measure.ts'
import { userOf } from './views.ts'
import type { Driver } from './driver.ts'
import type { Figure, Measured } from './measure.ts'
import type { Stand } from './stand.ts'

/** The answers to the shop's pages, of a store that the loader's bench has filled. */
export async function benchReads(stand: Stand): Promise<Figure[]> {
  const { seconds, rounds, tell, env } = stand
  const users = Array.from({ length: 200 }, (_, number) => userOf(number))
  await using shop = await startTestPostgres()
  await publishShop({ ...env, VITRINE_SHOP_URL: shop.url })
  await using driver = await connectDriver(stand)
  await using bare = await startBareServer()
  await using api = await start('api', env)
  await until('recommendations', () => hasRecommendations(api.url, users[0] ?? ''))

  const history = users.map(user => ({ path: `/v1/users/${user}/history` }))
  const latest = users.map(user => ({
    path: '/api/v1/user_nav_history_latest_products',
    headers: { 'user-id': user },
  }))
  const recommendations = users.map(user => ({ path: `/v1/users/${user}/recommendations` }))
  const shared = { unit: 'requests/s', budget: null, rounds, tell }
  const bareKoa = 'bare koa with router'

  return [
    await compare({
      ...shared,
      name: "a user's history",
      against: bareKoa,
      ceiling: () => requestRate(bare.url, history, seconds),
      vitrine: () => requestRate(api.url, history, seconds),
    }),
    await compare({
      ...shared,
      name: "a user's history",
      against: "the driver's own reads",
      ceiling: () => readRate(driver, users, seconds),
      vitrine: () => requestRate(api.url, history, seconds),
    }),
    await compare({
      ...shared,
      name: 'latest products',
      against: bareKoa,
      ceiling: () => requestRate(bare.url, latest, seconds),
      vitrine: () => requestRate(api.url, latest, seconds),
    }),
    await compare({
      ...shared,
      name: 'recommendations',
      against: bareKoa,
      ceiling: () => requestRate(bare.url, recommendations, seconds),
      vitrine: () => requestRate(api.url, recommendations, seconds),
    }),
  ]
}

/** A shop's orders and products, copied and published, so that recommendations have something to rank. */
async function publishShop(env: Record<string, string>): Promise<void> {
  await must(['generate', '--postgres', env['VITRINE_SHOP_URL'] ?? ''], env)
  await must(['run', 'products'], env)
  await must(['run', 'orders'], env)
}

async function must(args: readonly string[], env: Record<string, string>): Promise<void> {
  const { code, stderr } = await run(args, env)
  if (code !== 0) throw new Error(`vitrine ${args.join(' ')} ended with ${code}: ${stderr}`)
}

async function hasRecommendations(url: string, user: string): Promise<boolean> {
  const response = await fetch(`${url}/v1/users/${user}/recommendations`)
  const { items } = (await response.json()) as { items?: unknown[] }
  return items !== undefined && items.length > 0
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
