import { generateShop } from '#internal/generate/shop.ts'
import { defaultShopOptions } from '#internal/generate/options.ts'
import { writeShop } from '#internal/generate/write-shop.ts'
import { openDatabase } from '#internal/orders/test-support.ts'
import { run } from '../system/processes.ts'
import { startScript } from './scripts.ts'
import type { TestDatabase } from '#internal/orders/test-support.ts'

/** The address at which the cluster reaches what listens on this machine's loopback address. */
export const hostFromCluster = '10.88.0.1'

/** A shop's database and Vitrine's own on a real PostgreSQL beside the cluster. */
export interface Databases extends AsyncDisposable {
  readonly shop: TestDatabase
  readonly store: TestDatabase
  readonly orderItems: number
  /** The URL by which a pod reaches the database. */
  fromCluster(database: TestDatabase): string
}

/** Opens both, with a made-up shop, and the way to them; `init: false` leaves Vitrine's own empty. */
export async function openDatabases({ init = true } = {}): Promise<Databases> {
  await using opened = new AsyncDisposableStack()
  const shop = opened.use(await openDatabase())
  const store = opened.use(await openDatabase())
  const until = Date.now() - 3_600_000
  const made = generateShop({ ...defaultShopOptions, users: 100, until })
  const { orderItems } = await writeShop(shop.postgres, made, { replace: false })
  if (init) {
    const { code, stderr } = await run(['init'], { VITRINE_POSTGRES_URL: store.url })
    if (code !== 0) throw new Error(`vitrine init: ${stderr}`)
  }
  opened.use(startScript('forward', ['--in', new URL(shop.url).port]))
  const kept = opened.move()
  return {
    shop,
    store,
    orderItems,
    fromCluster({ url }) {
      const there = new URL(url)
      there.hostname = hostFromCluster
      return there.href
    },
    [Symbol.asyncDispose]: async () => kept.disposeAsync(),
  }
}
