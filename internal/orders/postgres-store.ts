import { createPostgresLeases } from '#internal/leases/postgres-leases.ts'
import { inBatches } from './batches.ts'
import { compareLines } from './changed-lines.ts'
import { pairsPerProduct } from './store.ts'
import { tableOf, toKnownVersion, toVersion, versionsToDrop } from './versions.ts'
import type { Postgres } from '#internal/postgres/client.ts'
import type {
  BoughtTogether,
  OrderLine,
  OrdersStore,
  Product,
  PublishedSet,
  RankedProduct,
  RunReport,
  ScheduleState,
  Version,
} from './store.ts'
import type { VersionRow, WrittenVersionRow } from './versions.ts'

const rowsAtOnce = 1_000
const rowsDeletedAtOnce = 50_000
const reportsKeptMs = 90 * 86_400_000

/** Locked in the order of their ids, so that two runs that meet wait for each other and don't deadlock. */
const lockOwners = `
  SELECT orderid, writtenat > $2 AS later FROM productviews.order_owner
  WHERE orderid = ANY($1::text[]) ORDER BY orderid FOR UPDATE`

const readOrders = `
  SELECT line.orderid AS "orderId", line.productid AS "productId", line.categoryid AS "categoryId", line.quantity,
    line.userid AS "userId", line.messagetime AS "orderedAt"
  FROM productviews.order_owner owner JOIN productviews.order_views line USING (userid, orderid)
  WHERE owner.orderid = ANY($1::text[])`

const deleteLines = `
  DELETE FROM productviews.order_views line
  USING unnest($1::text[], $2::text[], $3::text[]) AS gone (userid, orderid, productid)
  WHERE line.userid = gone.userid AND line.orderid = gone.orderid AND line.productid = gone.productid`

const upsertLines = `
  INSERT INTO productviews.order_views AS standing (orderid, productid, categoryid, quantity, userid, messagetime)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::timestamptz[])
  ON CONFLICT (userid, orderid, productid) DO UPDATE
    SET categoryid = excluded.categoryid, quantity = excluded.quantity, messagetime = excluded.messagetime
    WHERE (standing.categoryid, standing.quantity, standing.messagetime)
      IS DISTINCT FROM (excluded.categoryid, excluded.quantity, excluded.messagetime)`

const upsertOwners = `
  INSERT INTO productviews.order_owner (orderid, userid, messagetime, writtenat)
  SELECT *, $4 FROM unnest($1::text[], $2::text[], $3::timestamptz[])
  ON CONFLICT (orderid) DO UPDATE
    SET userid = excluded.userid, messagetime = excluded.messagetime, writtenat = excluded.writtenat`

/** Order data in PostgreSQL; `now` gives epoch milliseconds. */
export function createPostgresOrdersStore({
  postgres,
  now,
}: {
  postgres: Postgres
  now: () => number
}): OrdersStore {
  async function register(set: PublishedSet, { id, snapshotAt }: Version): Promise<void> {
    await postgres.execute(
      `INSERT INTO productviews.set_versions (name, version, snapshotat, writtenat) VALUES ($1, $2, $3, $4)
       ON CONFLICT (name, version) DO NOTHING`,
      [set, id, new Date(snapshotAt), new Date(now())],
    )
  }

  /** In parts, so that however large a version is, no statement comes near its time limit. */
  async function deleteVersion(table: string, id: string): Promise<void> {
    const deletePart = `
      DELETE FROM productviews.${table} WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM productviews.${table} WHERE version = $1 LIMIT ${rowsDeletedAtOnce}))`
    while ((await postgres.execute(deletePart, [id])) === rowsDeletedAtOnce);
  }

  async function currentVersion(set: PublishedSet): Promise<Version | null> {
    const [row] = await postgres.query<VersionRow>(
      'SELECT version, snapshotat FROM productviews.set_pointers WHERE name = $1',
      [set],
    )
    return row ? toVersion(row) : null
  }

  return {
    takeLease: createPostgresLeases(postgres).take,
    async readState(schedule) {
      const [row] = await postgres.query<{ state: ScheduleState }>(
        'SELECT state FROM productviews.etl_state WHERE schedule = $1',
        [schedule],
      )
      return row?.state ?? null
    },
    async writeState(schedule, state) {
      await postgres.execute(
        `INSERT INTO productviews.etl_state (schedule, state) VALUES ($1, $2)
         ON CONFLICT (schedule) DO UPDATE SET state = excluded.state`,
        [schedule, JSON.stringify(state)],
      )
    },

    async replaceOrders(orders, at) {
      const given = new Map(orders.map(order => [order.orderId, order.lines]))
      return postgres.transaction({}, async tx => {
        const owned = await tx.query<{ orderid: string; later: boolean }>(lockOwners, [
          [...given.keys()],
          new Date(at),
        ])
        for (const { orderid, later } of owned) if (later) given.delete(orderid)
        const ids = [...given.keys()]
        const lines = ids.flatMap(id => given.get(id) ?? [])
        const owners = ids.flatMap(id => given.get(id)?.[0] ?? [])
        const emptied = ids.filter(id => given.get(id)?.length === 0)
        const standing = await tx.query<LineRow>(readOrders, [ids])
        const { changed, gone } = compareLines(standing.map(toLine), lines)
        const deleted = await tx.execute(deleteLines, [
          gone.map(({ userId }) => userId),
          gone.map(({ orderId }) => orderId),
          gone.map(({ productId }) => productId),
        ])
        const written = await tx.execute(upsertLines, lineColumns(changed))
        await tx.execute(upsertOwners, [
          owners.map(({ orderId }) => orderId),
          owners.map(({ userId }) => userId),
          owners.map(({ orderedAt }) => new Date(orderedAt).toISOString()),
          new Date(at),
        ])
        await tx.execute('DELETE FROM productviews.order_owner WHERE orderid = ANY($1::text[])', [emptied])
        return { written, deleted }
      })
    },
    async *ordersNotSeen(since, at) {
      const rows = postgres.stream<{ orderid: string }>(
        'SELECT orderid FROM productviews.order_owner WHERE messagetime >= $1 AND writtenat < $2',
        [new Date(since), new Date(at)],
      )
      for await (const { orderid } of rows) yield orderid
    },

    async writeRankings(version, rankings) {
      await register('rankings', version)
      let count = 0
      for await (const { category, window, products } of rankings) {
        count += await postgres.execute(
          `INSERT INTO productviews.rankings (version, scope, period, place, productid, buyers, quantity)
           SELECT $1, $2, $3, row.place, row.productid, row.buyers, row.quantity
           FROM unnest($4::text[], $5::int[], $6::bigint[]) WITH ORDINALITY AS row (productid, buyers, quantity, place)`,
          [
            version.id,
            category ?? '',
            window,
            products.map(({ productId }) => productId),
            products.map(({ buyers }) => buyers),
            products.map(({ quantity }) => quantity),
          ],
        )
      }
      return count
    },
    async writeProducts(version, products) {
      await register('products', version)
      let count = 0
      for await (const batch of inBatches(products, rowsAtOnce)) {
        count += await postgres.execute(
          `INSERT INTO productviews.products (version, productid, categoryid, title, price, instock, createdat)
           SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::float8[], $6::boolean[], $7::timestamptz[])`,
          [
            version.id,
            batch.map(({ productId }) => productId),
            batch.map(({ categoryId }) => categoryId),
            batch.map(({ title }) => title),
            batch.map(({ price }) => price),
            batch.map(({ inStock }) => inStock),
            batch.map(({ createdAt }) => (createdAt === null ? null : new Date(createdAt).toISOString())),
          ],
        )
      }
      return count
    },
    async writeBoughtTogether(version, pairs) {
      await register('bought-together', version)
      let count = 0
      for await (const batch of inBatches(pairs, rowsAtOnce)) {
        count += await postgres.execute(
          `INSERT INTO productviews.bought_together (version, productid, otherproductid, support, score)
           SELECT $1, * FROM unnest($2::text[], $3::text[], $4::int[], $5::float8[])`,
          [
            version.id,
            batch.map(({ productId }) => productId),
            batch.map(({ otherProductId }) => otherProductId),
            batch.map(({ support }) => support),
            batch.map(({ score }) => score),
          ],
        )
      }
      return count
    },

    async publish(set, { id, snapshotAt }) {
      const moved = await postgres.execute(
        `INSERT INTO productviews.set_pointers AS standing (name, version, snapshotat) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET version = excluded.version, snapshotat = excluded.snapshotat
           WHERE excluded.snapshotat > standing.snapshotat`,
        [set, id, new Date(snapshotAt)],
      )
      return moved === 1
    },
    async dropOldVersions(set, at) {
      const rows = await postgres.query<WrittenVersionRow>(
        'SELECT version, snapshotat, writtenat FROM productviews.set_versions WHERE name = $1',
        [set],
      )
      const old = versionsToDrop(rows.map(toKnownVersion), (await currentVersion(set))?.id ?? null, at)
      for (const id of old) await deleteVersion(tableOf[set], id)
      await postgres.execute(
        'DELETE FROM productviews.set_versions WHERE name = $1 AND version = ANY($2::text[])',
        [set, old],
      )
    },

    async writeReport(report) {
      await postgres.execute(
        `INSERT INTO productviews.etl_runs (pipeline, startedat, run, report) VALUES ($1, $2, $3, $4)
         ON CONFLICT (pipeline, startedat, run) DO UPDATE SET report = excluded.report`,
        [report.pipeline, new Date(report.startedAt), report.run, JSON.stringify(report)],
      )
      await postgres.execute('DELETE FROM productviews.etl_runs WHERE pipeline = $1 AND startedat < $2', [
        report.pipeline,
        new Date(report.startedAt - reportsKeptMs),
      ])
    },

    currentVersion,
    async ranking(version, category, window, limit): Promise<RankedProduct[]> {
      return postgres.query(
        `SELECT productid AS "productId", buyers, quantity FROM productviews.rankings
         WHERE version = $1 AND scope = $2 AND period = $3 ORDER BY place LIMIT $4`,
        [version.id, category ?? '', window, limit],
        { name: 'orders.ranking' },
      )
    },
    async *products(version): AsyncGenerator<Product> {
      const rows = postgres.stream<Omit<Product, 'createdAt'> & { createdAt: Date | null }>(
        `SELECT productid AS "productId", categoryid AS "categoryId", title, price, instock AS "inStock", createdat AS "createdAt"
         FROM productviews.products WHERE version = $1`,
        [version.id],
      )
      for await (const row of rows) yield { ...row, createdAt: row.createdAt?.getTime() ?? null }
    },
    async boughtSince(userId, since) {
      const rows = await postgres.query<{ productid: string }>(
        'SELECT DISTINCT productid FROM productviews.order_views WHERE userid = $1 AND messagetime >= $2',
        [userId, new Date(since)],
        { name: 'orders.boughtSince' },
      )
      return new Set(rows.map(({ productid }) => productid))
    },
    async boughtTogether(version, productId): Promise<BoughtTogether[]> {
      return postgres.query(
        `SELECT productid AS "productId", otherproductid AS "otherProductId", support, score
         FROM productviews.bought_together WHERE version = $1 AND productid = $2
         ORDER BY score DESC, support DESC, otherproductid LIMIT ${pairsPerProduct}`,
        [version.id, productId],
        { name: 'orders.boughtTogether' },
      )
    },
    async ordersOfUser(userId) {
      const rows = await postgres.query<LineRow>(
        `SELECT orderid AS "orderId", productid AS "productId", categoryid AS "categoryId", quantity, userid AS "userId",
           messagetime AS "orderedAt"
         FROM productviews.order_views WHERE userid = $1 ORDER BY orderid, productid`,
        [userId],
      )
      return rows.map(toLine)
    },
    async lastReports(pipeline, limit) {
      const rows = await postgres.query<{ report: RunReport }>(
        'SELECT report FROM productviews.etl_runs WHERE pipeline = $1 ORDER BY startedat DESC, run LIMIT $2',
        [pipeline, limit],
      )
      return rows.map(({ report }) => report)
    },
  }
}

type LineRow = Omit<OrderLine, 'orderedAt'> & { readonly orderedAt: Date }

function toLine(row: LineRow): OrderLine {
  return { ...row, orderedAt: row.orderedAt.getTime() }
}

function lineColumns(lines: readonly OrderLine[]): unknown[][] {
  return [
    lines.map(({ orderId }) => orderId),
    lines.map(({ productId }) => productId),
    lines.map(({ categoryId }) => categoryId),
    lines.map(({ quantity }) => quantity),
    lines.map(({ userId }) => userId),
    lines.map(({ orderedAt }) => new Date(orderedAt).toISOString()),
  ]
}
