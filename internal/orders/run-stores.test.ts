import { expect } from 'chai'
import fc from 'fast-check'
import { createFakeOrdersStore } from './fake-store.ts'
import { createPostgresOrdersStore } from './postgres-store.ts'
import { rankingWindows } from './store.ts'
import { day, migrateOrders, openDatabase, run, shopTables } from './test-support.ts'
import type { OrdersStore, Ranking } from './store.ts'
import type { TestDatabase } from './test-support.ts'

const runs = process.env['VITRINE_SOAK'] ? 300 : 12
const users = ['anna', 'bert', 'carl']
const products = ['hat', 'scarf', 'shoe']
const phases = ['orders', 'orders gone', 'rankings', 'bought together'] as const
const twoProducts = `
  INSERT INTO products (product_id, category_id) VALUES ('hat', 'wear'), ('shoe', 'wear');`

/** What the tables hold, as a shop with other tables would give it. */
const linesByQuery = `
  SELECT o.order_id AS orderid, i.product_id AS productid, p.category_id AS categoryid, i.quantity, o.user_id AS userid,
    o.created_at AS messagetime
  FROM orders o JOIN order_items i USING (order_id) JOIN products p USING (product_id)
  WHERE o.cancelled IS NOT true;`

/** Opens a store that is empty. */
type OpenStore = (opened: AsyncDisposableStack) => Promise<OrdersStore>

describeRuns('the fake store', async () => createFakeOrdersStore())
describeRuns('PostgreSQL', async opened => {
  const { postgres } = opened.use(await openDatabase())
  await migrateOrders(postgres)
  return createPostgresOrdersStore({ postgres, now: Date.now })
})

interface Item {
  readonly product: number
  readonly quantity: number
}

/** Something that happens at the shop, or a run, which may be cut off in a phase. */
type Step =
  | {
      readonly does: 'write'
      readonly order: number
      readonly user: number
      readonly ageDays: number
      readonly cancelled: boolean
      /** Does the shop note the time of the change? */
      readonly noted: boolean
      readonly items: readonly Item[]
    }
  | { readonly does: 'delete'; readonly order: number }
  | { readonly does: 'run'; readonly full: boolean; readonly cutOffIn: (typeof phases)[number] | null }

const order = fc.nat(4)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('write'),
      order,
      user: fc.nat(users.length - 1),
      ageDays: fc.integer({ min: 0, max: 80 }),
      cancelled: fc.boolean(),
      noted: fc.boolean(),
      items: fc.array(
        fc.record({ product: fc.nat(products.length - 1), quantity: fc.integer({ min: 1, max: 9 }) }),
        { maxLength: 4 },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('delete'), order }) },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('run'),
      full: fc.boolean(),
      cutOffIn: fc.constantFrom(null, ...phases),
    }),
  },
)

function describeRuns(adapter: string, open: OpenStore): void {
  describe(`runs into ${adapter}`, function () {
    this.timeout(300_000)
    let opened: AsyncDisposableStack
    let store: OrdersStore
    beforeEach(async () => {
      opened = new AsyncDisposableStack()
      store = await open(opened)
    })
    afterEach(async () => opened.disposeAsync())

    const shopWith = async (sql: string) => opened.use(await openDatabase(shopTables + sql))

    it('end with what the shop has, from its tables as by a query, whatever happened to its orders and to earlier runs', async () => {
      const shop = await shopWith('')
      const fromQuery = createFakeOrdersStore()
      await shop.postgres.execute(
        "INSERT INTO products (product_id, category_id) SELECT unnest($1::text[]), 'wear'",
        [products],
      )
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async steps => {
          await shop.postgres.execute('TRUNCATE order_items, orders')
          const has = new Map<number, string[]>()
          const sources = [
            { into: store, query: null },
            { into: fromQuery, query: linesByQuery },
          ]
          for (const one of steps) await take(one, shop, sources, has)
          for (const { into, query } of sources) {
            const report = await run(shop, into, { fullEveryMs: 0, query })
            expect(report).to.include({ result: 'Succeeded', message: '' })
            expect(await allLines(into)).to.deep.equal([...has.values()].flat().sort())
          }
          expect(await published(fromQuery)).to.deep.equal(await published(store))
        }),
        { numRuns: runs },
      )
    })

    it('read between full passes only what changed, back to three days before the newest change', async () => {
      const shop = await shopWith(`${twoProducts}
        INSERT INTO orders (order_id, user_id, created_at) SELECT 'o' || i, 'anna', now() - interval '30 days' FROM generate_series(1, 50) i;
        INSERT INTO orders (order_id, user_id, created_at) VALUES ('newest', 'anna', now() - interval '1 hour');
        INSERT INTO order_items (order_id, product_id, quantity) SELECT order_id, 'hat', 1 FROM orders`)
      expect(await run(shop, store)).to.include({ mode: 'full', rowsRead: 51 })
      await shop.postgres.execute(`
        UPDATE order_items SET quantity = 7 WHERE order_id IN ('o1', 'o2');
        UPDATE orders SET updated_at = now() - interval '2 days' WHERE order_id = 'o1';
        UPDATE orders SET updated_at = now() - interval '4 days' WHERE order_id = 'o2'`)
      expect(await run(shop, store)).to.include({ mode: 'incremental', rowsRead: 2, rowsDeleted: 0 })
      const changed = async () => (await allLines(store)).filter(line => line.endsWith(' 7'))
      expect(await changed()).to.deep.equal(['anna o1 hat 7'])
      expect(await run(shop, store, { fullEveryMs: 0 })).to.include({ mode: 'full', rowsRead: 51 })
      expect(await changed()).to.deep.equal(['anna o1 hat 7', 'anna o2 hat 7'])
    })

    it('leave readers on the old version when a write fails half-way, and the next one mends all', async () => {
      const shop = await shopWith(twoProducts)
      await run(shop, store)
      const before = await versions(store)
      await shop.postgres.execute(`
        INSERT INTO orders (order_id, user_id, created_at) SELECT 'o' || i, 'user-' || i % 7, now() - interval '1 hour' FROM generate_series(1, 1200) i;
        INSERT INTO order_items (order_id, product_id, quantity) SELECT order_id, product_id, 1 FROM orders, products`)
      const disk = new Error('the disk is full')
      async function* firstOf<T>(rows: AsyncIterable<T>): AsyncGenerator<T> {
        for await (const row of rows) {
          yield row
          throw disk
        }
      }
      let batches = 0
      const failing: Partial<OrdersStore>[] = [
        {
          async replaceOrders(orders, at) {
            batches += 1
            if (batches === 2) throw disk
            return store.replaceOrders(orders, at)
          },
        },
        { writeRankings: (version, rankings) => store.writeRankings(version, firstOf(rankings)) },
        { writeBoughtTogether: (version, pairs) => store.writeBoughtTogether(version, firstOf(pairs)) },
      ]
      for (const broken of failing) {
        const report = await run(shop, { ...store, ...broken })
        expect(report).to.include({ result: 'Failed', message: disk.message })
        expect(await versions(store)).to.deep.equal(before)
      }
      expect(await run(shop, store)).to.include({ result: 'Succeeded' })
      expect(await versions(store)).to.not.deep.equal(before)
      const stored = await Promise.all([0, 1, 2, 3, 4, 5, 6].map(i => store.ordersOfUser(`user-${i}`)))
      expect(stored.flat()).to.have.length(2_400)
    })

    it('write the same twice over the same data', async () => {
      const shop = await shopWith(`${twoProducts}
        INSERT INTO orders (order_id, user_id, created_at) SELECT 'o' || i, 'user-' || i % 3, now() - i * interval '1 day' FROM generate_series(1, 60) i;
        INSERT INTO order_items (order_id, product_id, quantity) SELECT order_id, product_id, 1 FROM orders, products`)
      await run(shop, store)
      const [once, lines] = [await published(store), await allLines(store)]
      expect(await run(shop, store, { fullEveryMs: 0 })).to.include({ result: 'Succeeded', rowsDeleted: 0 })
      expect(await published(store)).to.deep.equal(once)
      expect(once.pairs).to.have.length(2)
      expect(await allLines(store)).to.deep.equal(lines)
    })

    it('never put an older snapshot in the place of a newer one', async () => {
      const shop = await shopWith(twoProducts)
      const newer = { id: 'newer', snapshotAt: Date.now() + day }
      const report = await run(shop, {
        ...store,
        async writeRankings(version, rankings) {
          await store.publish('rankings', newer)
          return store.writeRankings(version, rankings)
        },
      })
      expect(report.result).to.equal('Failed')
      expect(report.message).to.match(/a later snapshot of rankings is published already/)
      expect(await store.currentVersion('rankings')).to.deep.equal(newer)
    })

    it('leave the products as they are when the catalogue has suddenly shrunk', async () => {
      const shop = await shopWith(twoProducts)
      const products = { pipeline: 'products', schedule: 'products' } as const
      await run(shop, store, products)
      const before = await store.currentVersion('products')
      await shop.postgres.execute("DELETE FROM products WHERE product_id = 'shoe'")
      const guard = { minRows: 0, maxDropPercent: 20 }
      expect(await run(shop, store, { ...products, guard })).to.include({ result: 'Refused', rowsWritten: 0 })
      expect(await store.currentVersion('products')).to.deep.equal(before)
    })
  })
}

/** Takes a step at the shop, and keeps in `has` the lines that the shop then has of each order. */
async function take(
  step: Step,
  shop: TestDatabase,
  sources: readonly { readonly into: OrdersStore; readonly query: string | null }[],
  has: Map<number, string[]>,
): Promise<void> {
  if (step.does === 'run') {
    for (const { into, query } of sources) {
      const cut = new AbortController()
      await run(shop, into, {
        query,
        signal: cut.signal,
        onProgress: ({ phase }) => {
          if (phase === step.cutOffIn) cut.abort(new Error('cut off'))
        },
        ...(step.full && { fullEveryMs: 0 }),
      })
    }
    return
  }
  const id = `o${step.order}`
  await shop.postgres.execute('DELETE FROM order_items WHERE order_id = $1', [id])
  if (step.does === 'delete') {
    await shop.postgres.execute('DELETE FROM orders WHERE order_id = $1', [id])
    has.delete(step.order)
    return
  }
  const { user, ageDays, cancelled, noted, items } = step
  await shop.postgres.execute(
    `INSERT INTO orders VALUES ($1, $2, now() - $3 * interval '1 day', NULL, $4) ON CONFLICT (order_id) DO UPDATE
     SET user_id = excluded.user_id, created_at = excluded.created_at, cancelled = excluded.cancelled,
       updated_at = CASE WHEN $5 THEN now() ELSE orders.updated_at END`,
    [id, users[user], ageDays, cancelled, noted],
  )
  await shop.postgres.execute(
    'INSERT INTO order_items (order_id, product_id, quantity) SELECT $1, * FROM unnest($2::text[], $3::int[])',
    [id, items.map(({ product }) => products[product]), items.map(({ quantity }) => quantity)],
  )
  has.set(step.order, cancelled ? [] : linesOf(id, user, items))
}

/** An order has a line for each product, with all of its quantity. */
function linesOf(id: string, user: number, items: readonly Item[]): string[] {
  return products.flatMap((productId, product) => {
    const same = items.filter(item => item.product === product)
    const quantity = same.reduce((sum, item) => sum + item.quantity, 0)
    return same.length === 0 ? [] : [`${users[user]} ${id} ${productId} ${quantity}`]
  })
}

async function allLines(store: OrdersStore): Promise<string[]> {
  const lines = await Promise.all(
    [...users, 'user-0', 'user-1', 'user-2'].map(user => store.ordersOfUser(user)),
  )
  return lines
    .flat()
    .map(line => `${line.userId} ${line.orderId} ${line.productId} ${line.quantity}`)
    .sort()
}

async function versions(store: OrdersStore) {
  return [await store.currentVersion('rankings'), await store.currentVersion('bought-together')]
}

/** All that readers find now. */
async function published(store: OrdersStore) {
  const [rankings, pairs] = await versions(store)
  if (!rankings || !pairs) throw new Error('nothing is published')
  const found: Ranking[] = []
  for (const window of rankingWindows) {
    for (const category of [null, 'wear']) {
      found.push({ category, window, products: await store.ranking(rankings, category, window, 10) })
    }
  }
  const together = await Promise.all(['hat', 'shoe'].map(id => store.boughtTogether(pairs, id)))
  return { rankings: found, pairs: together.flat() }
}
