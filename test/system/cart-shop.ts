import { createApp } from '#internal/http/app.ts'
import { listen } from '#internal/http/listen.ts'
import { createPostgresOrdersStore } from '#internal/orders/postgres-store.ts'
import { migrateOrders, openDatabase, run, shopTables } from '#internal/orders/test-support.ts'
import { boughtTogetherRoutes } from '#internal/recommend/bought-together-routes.ts'
import { followBoughtTogether } from '#internal/recommend/bought-together.ts'
import { followCatalogue } from '#internal/recommend/catalogue.ts'
import { followRankings } from '#internal/recommend/rankings.ts'
import { createStoreGuard } from '#internal/recommend/store-guard.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import type { RunReport } from '#internal/orders/store.ts'
import type { CartAnswer } from '#internal/recommend/bought-together.ts'
import type { RealOrder } from './carts.ts'

const linesAtOnce = 20_000

/** A shop's own database on a real PostgreSQL, the runs over it, and the calls that answer from them. */
export interface CartShop extends AsyncDisposable {
  /** Takes orders in, moved in time by `shiftMs`; resolves with the number of lines. */
  sell(orders: readonly RealOrder[], shiftMs: number): Promise<number>
  /** One run of the pipeline of orders; resolves once the answers come from it. */
  publish(): Promise<RunReport>
  complete(question: {
    products: readonly string[]
    limit: number
    fill?: 'best-sellers'
  }): Promise<CartAnswer>
}

export async function openCartShop(): Promise<CartShop> {
  await using opened = new AsyncDisposableStack()
  const shop = opened.use(await openDatabase(shopTables))
  await migrateOrders(shop.postgres)
  const store = createPostgresOrdersStore({ postgres: shop.postgres, now: Date.now })
  const metrics = createMetrics({ service: 'test', version: '0' })

  const start = async () => {
    await using parts = new AsyncDisposableStack()
    const guard = createStoreGuard()
    const catalogue = parts.use(followCatalogue({ store, logger, metrics }))
    const rankings = parts.use(followRankings({ store, guard, logger }))
    const service = parts.use(
      followBoughtTogether({ store, catalogue, rankings, guard, logger, metrics, newId: () => 'id' }),
    )
    const ready = () => [catalogue, rankings, service].every(part => part.readiness() === null)
    while (!ready()) await new Promise(setImmediate)
    const app = createApp({ routes: boughtTogetherRoutes(service), logger, metrics })
    const server = parts.use(
      await listen({ app, host: '127.0.0.1', port: 0, portSetting: '--port', auth: 'loopback' }),
    )
    return { url: server.url, parts: parts.move() }
  }
  let api: Awaited<ReturnType<typeof start>> | undefined
  opened.defer(() => api?.parts.disposeAsync())
  const kept = opened.move()

  return {
    async sell(orders, shiftMs) {
      const { postgres } = shop
      await postgres.execute(
        `INSERT INTO products (product_id, category_id) SELECT unnest($1::text[]), 'gifts' ON CONFLICT DO NOTHING`,
        [[...new Set(orders.flatMap(({ items }) => [...items.keys()]))]],
      )
      await postgres.execute(
        `INSERT INTO orders (order_id, user_id, created_at)
         SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[])`,
        [
          orders.map(({ order }) => order),
          orders.map(({ user }) => user),
          orders.map(({ at }) => new Date(at + shiftMs).toISOString()),
        ],
      )
      const lines = orders.flatMap(({ order, items }) => [...items].map(line => [order, ...line] as const))
      for (let from = 0; from < lines.length; from += linesAtOnce) {
        const part = lines.slice(from, from + linesAtOnce)
        await postgres.execute(
          `INSERT INTO order_items (order_id, product_id, quantity)
           SELECT * FROM unnest($1::text[], $2::text[], $3::int[])`,
          [
            part.map(([order]) => order),
            part.map(([, item]) => item),
            part.map(([, , quantity]) => quantity),
          ],
        )
      }
      return lines.length
    },
    async publish() {
      const report = await run(shop, store)
      await api?.parts.disposeAsync()
      api = await start()
      return report
    },
    async complete(question) {
      const answer = await fetch(`${api?.url}/v1/bought-together`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(question),
      })
      if (answer.status !== 200) throw new Error(`answered ${answer.status}: ${await answer.text()}`)
      return (await answer.json()) as CartAnswer
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
