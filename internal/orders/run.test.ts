import { expect } from 'chai'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectPostgres } from '#internal/postgres/client.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { createPostgresOrdersStore } from './postgres-store.ts'
import { migrateOrders, openDatabase, run, shopTables } from './test-support.ts'
import type { OrdersStore } from './store.ts'
import type { TestDatabase } from './test-support.ts'

/** Three orders: the hat was bought by anna and bert, the shoe by anna twice. */
const threeOrders = `
  INSERT INTO products VALUES ('hat', 'wear', 'A hat', 9.5, true, now()), ('shoe', 'wear', 'A shoe', 20, false, NULL);
  INSERT INTO orders VALUES ('o1', 'anna', now() - interval '2 hours', NULL, NULL),
    ('o2', 'anna', now() - interval '1 hour', NULL, false), ('o3', 'bert', now() - interval '1 hour', NULL, false);
  INSERT INTO order_items (order_id, product_id, quantity) VALUES
    ('o1', 'hat', 1), ('o1', 'shoe', 1), ('o2', 'shoe', 2), ('o2', 'shoe', 3), ('o3', 'hat', 1);`

describe('a run of the orders pipeline', function () {
  this.timeout(60_000)
  let shop: TestDatabase
  let ours: TestDatabase
  let store: OrdersStore

  before(async () => {
    ours = await openDatabase()
    await migrateOrders(ours.postgres)
    store = createPostgresOrdersStore({ postgres: ours.postgres, now: Date.now })
  })
  after(async () => ours[Symbol.asyncDispose]())
  beforeEach(async () => {
    await ours.postgres.execute(
      `TRUNCATE productviews.order_views, productviews.order_owner, productviews.set_pointers, productviews.etl_state,
       productviews.etl_runs, productviews.leases`,
    )
    shop = await openDatabase(shopTables + threeOrders)
  })
  afterEach(async () => shop[Symbol.asyncDispose]())

  const linesOf = async (userId: string) =>
    (await store.ordersOfUser(userId)).map(line => `${line.orderId} ${line.productId} ${line.quantity}`)
  const bestSellers = async () => {
    const version = await store.currentVersion('rankings')
    return version && (await store.ranking(version, null, 'ever', 10)).map(({ productId }) => productId)
  }

  it('copies order lines, and publishes rankings and pairs of the same moment', async () => {
    const report = await run(shop, store)
    expect(report).to.include({ result: 'Succeeded', mode: 'full', rowsRead: 4, message: '' })
    expect(await linesOf('anna')).to.deep.equal(['o1 hat 1', 'o1 shoe 1', 'o2 shoe 5'])
    expect(await linesOf('bert')).to.deep.equal(['o3 hat 1'])
    expect(await bestSellers()).to.deep.equal(['hat', 'shoe'])
    expect((await store.lastReports('orders', 5))[0]).to.deep.equal(report)
  })

  it('changes nothing when it runs again', async () => {
    await run(shop, store)
    const before = await linesOf('anna')
    const again = await run(shop, store)
    expect(again).to.include({ result: 'Succeeded', mode: 'incremental', rowsDeleted: 0 })
    expect(await linesOf('anna')).to.deep.equal(before)
  })

  it('follows orders that were cancelled, edited or moved to another user, between full passes', async () => {
    await run(shop, store)
    await shop.postgres.execute(`
      UPDATE orders SET cancelled = true, updated_at = now() WHERE order_id = 'o1';
      UPDATE orders SET user_id = 'bert', updated_at = now() WHERE order_id = 'o2';
      UPDATE order_items SET quantity = 7 WHERE order_id = 'o3'; UPDATE orders SET updated_at = now() WHERE order_id = 'o3'`)
    expect(await run(shop, store)).to.include({ result: 'Succeeded', mode: 'incremental' })
    expect(await linesOf('anna')).to.deep.equal([])
    expect(await linesOf('bert')).to.deep.equal(['o2 shoe 5', 'o3 hat 7'])
  })

  it('finds at a full pass what is gone at the source, and what was edited without a trace', async () => {
    await shop.postgres.execute("UPDATE orders SET created_at = now() - interval '30 days'")
    // A newer order moves the watermark on, so that an incremental pass sees nothing of what follows.
    await shop.postgres.execute("INSERT INTO orders VALUES ('o4', 'dora', now(), NULL, false)")
    await run(shop, store)
    await shop.postgres.execute(`
      DELETE FROM order_items WHERE order_id = 'o1'; DELETE FROM orders WHERE order_id = 'o1';
      UPDATE orders SET user_id = 'carl' WHERE order_id = 'o3';
      DELETE FROM order_items WHERE order_id = 'o2' AND quantity = 3`)
    expect(await run(shop, store)).to.include({ mode: 'incremental', rowsDeleted: 0 })
    expect(await linesOf('anna')).to.have.length(3)
    expect(await run(shop, store, { fullEveryMs: 0 })).to.include({ mode: 'full', rowsDeleted: 3 })
    expect(await linesOf('anna')).to.deep.equal(['o2 shoe 2'])
    expect(await linesOf('carl')).to.deep.equal(['o3 hat 1'])
    expect(await linesOf('bert')).to.deep.equal([])
  })

  it('lets one of two runs at once through, and says that the other was skipped', async () => {
    const reports = await Promise.all([run(shop, store), run(shop, store, { schedule: 'other' })])
    expect(reports.map(({ result }) => result).sort()).to.deep.equal(['Skipped', 'Succeeded'])
    const skipped = reports.find(({ result }) => result === 'Skipped')
    expect(skipped?.message).to.match(
      /^another run of orders is under way, or one was killed within the last 60 s$/,
    )
  })

  it('leaves readers on the old version when it is ended half-way, and the next run succeeds', async () => {
    await run(shop, store)
    const before = await store.currentVersion('rankings')
    for (const phase of ['orders', 'orders gone', 'rankings', 'bought together']) {
      const ended = new AbortController()
      const report = await run(shop, store, {
        fullEveryMs: 0,
        signal: ended.signal,
        onProgress: progress => {
          if (progress.phase === phase) ended.abort(new Error(`ended in ${phase}`))
        },
      })
      expect(report, phase).to.include({ result: 'Failed', mode: 'full', message: `ended in ${phase}` })
      expect(await store.currentVersion('rankings')).to.deep.equal(before)
      expect(await store.currentVersion('bought-together')).to.deep.include({ id: before?.id })
    }
    const stopped = await run(shop, store, { signal: AbortSignal.abort() })
    expect(stopped.result).to.equal('Failed')
    expect(stopped.message).to.match(/stopped before its end; nothing was published/)
    expect(await run(shop, store)).to.include({ result: 'Succeeded' })
    expect(await store.currentVersion('rankings')).to.not.deep.equal(before)
  })

  it('ends long before the shop has answered when it is asked to stop', async () => {
    await shop.postgres.execute(`ALTER TABLE orders RENAME TO slow;
      CREATE VIEW orders AS SELECT slow.* FROM slow, LATERAL (SELECT pg_sleep(60)) AS waiting`)
    const asked = new AbortController()
    const ended = run(shop, store, { signal: asked.signal })
    const working = () => shop.postgres.query("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
    while ((await working()).length === 0) await sleep(10)
    asked.abort()
    const report = await ended
    expect(report).to.include({ result: 'Failed', mode: 'full' })
    expect(report.message).to.match(/stopped before its end; nothing was published/)
    expect(await working()).to.deep.equal([])
  })

  it('publishes nothing when its lease was lost', async () => {
    await run(shop, store)
    const before = await store.currentVersion('rankings')
    const report = await run(shop, {
      ...store,
      async writeRankings(version, rankings) {
        await ours.postgres.execute("UPDATE productviews.leases SET holder = 'another'")
        return store.writeRankings(version, rankings)
      },
    })
    expect(report.result).to.equal('Failed')
    expect(report.message).to.match(/lease .* was lost/)
    expect(await store.currentVersion('rankings')).to.deep.equal(before)
  })

  it('refuses a source with too few rows, or far fewer than before, and changes nothing', async () => {
    const tooFew = await run(shop, store, { guard: { minRows: 6, maxDropPercent: 100 } })
    expect(tooFew).to.include({ result: 'Refused' })
    expect(tooFew.message).to.match(/5 rows, fewer than .* 6/)
    expect(await store.currentVersion('rankings')).to.equal(null)

    await run(shop, store)
    await shop.postgres.execute("DELETE FROM order_items WHERE product_id = 'shoe'")
    const dropped = await run(shop, store, { guard: { minRows: 0, maxDropPercent: 50 } })
    expect(dropped).to.include({ result: 'Refused' })
    expect(dropped.message).to.match(/2 rows, 60\.0 % fewer than the 5/)
    expect(await linesOf('anna')).to.have.length(3)
  })

  it('goes on comparing with what was last published, however often it refuses', async () => {
    await run(shop, store)
    const before = await store.currentVersion('rankings')
    await shop.postgres.execute("DELETE FROM order_items WHERE product_id = 'shoe'")
    const guard = { minRows: 0, maxDropPercent: 50 }
    for (let again = 0; again < 3; again += 1) {
      const report = await run(shop, store, { guard, fullEveryMs: 0 })
      expect(report).to.include({ result: 'Refused', rowsRead: 2, rowsWritten: 0, rowsDeleted: 0 })
      expect(report.message).to.match(/the 5 of the last run/)
    }
    expect(await store.currentVersion('rankings')).to.deep.equal(before)
  })

  it('lets a run through that somebody vouches for, says so, and compares with it from then on', async () => {
    await run(shop, store)
    await shop.postgres.execute("DELETE FROM order_items WHERE product_id = 'shoe'")
    const guard = { minRows: 0, maxDropPercent: 50 }
    const vouched = await run(shop, store, { guard, overrideGuard: true, fullEveryMs: 0 })
    expect(vouched).to.include({ result: 'Succeeded', rowsRead: 2 })
    expect(vouched.message).to.match(/^let through although the source has 2 rows, 60\.0 % fewer than the 5/)
    expect(await bestSellers()).to.deep.equal(['hat'])
    expect(await run(shop, store, { guard })).to.include({ result: 'Succeeded', message: '' })
  })

  it('tells what another try may cure from what it may not', async () => {
    await using away = connectPostgres({
      url: 'postgres://vitrine@127.0.0.1:1/shop',
      applicationName: 'test',
      maxConnections: 1,
      logger: silentLogger,
    })
    expect(await run(shop, store, { source: away })).to.include({ result: 'Failed', retryable: true })
    const stopped = await run(shop, store, { signal: AbortSignal.abort() })
    expect(stopped).to.include({ result: 'Failed', retryable: true })
    await shop.postgres.execute('DROP TABLE order_items')
    expect(await run(shop, store)).to.include({ result: 'Failed', retryable: false })
  })

  it('reads a shop that lacks the optional columns and keeps its ids as numbers', async () => {
    await using lean = await openDatabase(`
      CREATE TABLE products (product_id int PRIMARY KEY, category_id int NOT NULL);
      CREATE TABLE orders (order_id bigint PRIMARY KEY, user_id int NOT NULL, created_at timestamp NOT NULL);
      CREATE TABLE order_items (id bigint PRIMARY KEY, order_id bigint, product_id int, quantity smallint NOT NULL);
      INSERT INTO products VALUES (1, 10), (2, 10);
      INSERT INTO orders VALUES (7, 100, '2020-01-01 12:00'), (8, 100, now() AT TIME ZONE 'UTC' - interval '1 hour');
      INSERT INTO order_items VALUES (1, 7, 1, 1), (2, 8, 1, 2), (3, 8, 2, 1)`)
    expect(await run(lean, store)).to.include({ result: 'Succeeded', rowsRead: 2 })
    expect(await linesOf('100')).to.deep.equal(['8 1 2', '8 2 1'])
    expect(await bestSellers()).to.deep.equal(['1', '2'])
    expect(await run(lean, store, { pipeline: 'products', schedule: 'products' })).to.include({ rowsRead: 2 })
    expect(await run(lean, store, { fullEveryMs: 0 })).to.include({ result: 'Succeeded', rowsDeleted: 0 })
  })

  it('leaves out rows whose ids can not be kept, and says so', async () => {
    await shop.postgres.execute(`
      INSERT INTO products (product_id, category_id) VALUES ('stray', ''), (repeat('x', 257), 'wear');
      INSERT INTO orders VALUES ('o5', '', now(), NULL, false), ('o6', 'anna', now(), NULL, false), ('o7', 'bert', now(), NULL, false);
      INSERT INTO order_items (order_id, product_id, quantity) VALUES ('o5', 'hat', 1)`)
    await shop.postgres.execute(`
      INSERT INTO order_items (order_id, product_id, quantity)
      SELECT order_id, product_id, 9 FROM orders, products WHERE order_id IN ('o6', 'o7') AND product_id NOT IN ('hat', 'shoe')`)
    const report = await run(shop, store)
    expect(report).to.include({ result: 'Succeeded', rowsRead: 4 })
    expect(report.message).to.match(/^5 rows were left out: .*256 bytes/)
    expect(await bestSellers()).to.deep.equal(['hat', 'shoe'])
  })

  it('says what is wrong with a source: a missing table, a missing column, a server that is away', async () => {
    await using empty = await openDatabase()
    expect(await run(empty, store)).to.deep.include({ result: 'Failed' })
    expect((await run(empty, store)).message).to.match(/no table .*must have/)

    await shop.postgres.execute('ALTER TABLE orders RENAME user_id TO customer')
    expect((await run(shop, store)).message).to.match(/table orders .* no column user_id/)

    const url = 'postgres://someone:secret@127.0.0.1:1/shop'
    await using away = connectPostgres({
      url,
      applicationName: 'test',
      maxConnections: 1,
      logger: silentLogger,
    })
    const report = await run(shop, store, { source: away, sourceUrl: url })
    expect(report.result).to.equal('Failed')
    expect(report.message)
      .to.match(/127\.0\.0\.1:1\/shop is away/)
      .and.not.match(/secret/)
  })

  it('reads only: the shop is as it was', async () => {
    const rows = () => shop.postgres.query('SELECT *, xmin FROM orders ORDER BY order_id')
    const before = await rows()
    await run(shop, store, { fullEveryMs: 0 })
    expect(await rows()).to.deep.equal(before)
  })
})

describe('a run of the products pipeline', function () {
  this.timeout(60_000)

  it('publishes the catalogue whole, with what the shop tells of each product', async () => {
    await using shop = await openDatabase(shopTables + threeOrders)
    await using ours = await openDatabase()
    await migrateOrders(ours.postgres)
    const store = createPostgresOrdersStore({ postgres: ours.postgres, now: Date.now })
    const report = await run(shop, store, { pipeline: 'products', schedule: 'products' })
    expect(report).to.include({ result: 'Succeeded', rowsRead: 2, rowsWritten: 2 })
    const version = await store.currentVersion('products')
    expect(version).to.not.equal(null)
    const products = version ? await Array.fromAsync(store.products(version)) : []
    expect(products.find(({ productId }) => productId === 'shoe')).to.deep.equal({
      productId: 'shoe',
      categoryId: 'wear',
      title: 'A shoe',
      price: 20,
      inStock: false,
      createdAt: null,
    })
    expect(products.find(({ productId }) => productId === 'hat')?.createdAt).to.be.a('number')
  })
})
