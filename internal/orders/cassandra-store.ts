import { createCassandraLeases } from '#internal/leases/cassandra-leases.ts'
import { createCassandraOrders } from './cassandra-orders.ts'
import { bestPairFirst, pairsPerProduct } from './store.ts'
import { tableOf, toKnownVersion, toVersion, versionsToDrop } from './versions.ts'
import type { Cassandra, Params } from '#internal/cassandra/client.ts'
import type {
  BoughtTogether,
  OrdersStore,
  Product,
  PublishedSet,
  RankedProduct,
  RunReport,
  ScheduleState,
  Version,
} from './store.ts'
import type { VersionRow, WrittenVersionRow } from './versions.ts'

const buckets = 256

/** FNV-1a over the text's units: always the same bucket for the same id. */
function bucketOf(id: string): number {
  let hash = 0x811c_9dc5
  for (let i = 0; i < id.length; i += 1) hash = Math.imul(hash ^ id.charCodeAt(i), 0x0100_0193)
  return (hash >>> 0) % buckets
}

const allBuckets = Array.from({ length: buckets }, (_, bucket) => bucket)

interface ProductRow {
  readonly productid: string
  readonly categoryid: string
  readonly title: string | null
  readonly price: number | null
  readonly instock: boolean | null
  readonly createdat: Date | null
}

/** Order data in Cassandra; `now` gives epoch milliseconds. */
export function createCassandraOrdersStore(options: {
  cassandra: Cassandra
  now: () => number
}): OrdersStore {
  const { cassandra, now } = options

  /** Writes rows under a version that no reader knows yet, and tells how many. */
  async function write(
    set: PublishedSet,
    version: Version,
    cql: string,
    rows: AsyncIterable<Params>,
  ): Promise<number> {
    await cassandra.execute(
      'INSERT INTO set_versions (name, version, snapshotat, writtenat) VALUES (?, ?, ?, ?)',
      [set, version.id, new Date(version.snapshotAt), new Date(now())],
    )
    let count = 0
    async function* counted(): AsyncGenerator<Params> {
      for await (const row of rows) {
        count += 1
        yield row
      }
    }
    await cassandra.executeMany(cql, counted())
    return count
  }

  async function currentVersion(set: PublishedSet): Promise<Version | null> {
    const [row] = await cassandra.execute<VersionRow>(
      'SELECT version, snapshotat FROM set_pointers WHERE name = ?',
      [set],
    )
    return row ? toVersion(row) : null
  }

  return {
    ...createCassandraOrders(cassandra),

    takeLease: createCassandraLeases(cassandra).take,
    async readState(schedule) {
      const [row] = await cassandra.execute<{ state: string }>(
        'SELECT state FROM etl_state WHERE schedule = ?',
        [schedule],
      )
      return row ? (JSON.parse(row.state) as ScheduleState) : null
    },
    async writeState(schedule, state) {
      await cassandra.execute('INSERT INTO etl_state (schedule, state) VALUES (?, ?)', [
        schedule,
        JSON.stringify(state),
      ])
    },

    writeRankings(version, rankings) {
      async function* rows(): AsyncGenerator<Params> {
        for await (const { category, window, products } of rankings) {
          const scope = category ?? ''
          for (const [place, { productId, buyers, quantity }] of products.entries()) {
            yield [version.id, bucketOf(scope), scope, window, place, productId, buyers, quantity]
          }
        }
      }
      const cql = `INSERT INTO rankings (version, bucket, scope, period, place, productid, buyers, quantity)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
      return write('rankings', version, cql, rows())
    },
    writeProducts(version, products) {
      async function* rows(): AsyncGenerator<Params> {
        for await (const { productId, categoryId, title, price, inStock, createdAt } of products) {
          const created = createdAt === null ? null : new Date(createdAt)
          // Left unset: a null would be kept as a deletion, and reading past many of those is slow.
          const known = [title, price, inStock, created].map(value => value ?? undefined)
          yield [version.id, bucketOf(productId), productId, categoryId, ...known]
        }
      }
      const cql = `INSERT INTO products (version, bucket, productid, categoryid, title, price, instock, createdat)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
      return write('products', version, cql, rows())
    },
    writeBoughtTogether(version, pairs) {
      async function* rows(): AsyncGenerator<Params> {
        for await (const { productId, otherProductId, support, score } of pairs) {
          yield [version.id, bucketOf(productId), productId, support, otherProductId, score]
        }
      }
      const cql = `INSERT INTO bought_together (version, bucket, productid, support, otherproductid, score)
        VALUES (?, ?, ?, ?, ?, ?)`
      return write('bought-together', version, cql, rows())
    },

    async publish(set, { id, snapshotAt }) {
      const at = new Date(snapshotAt)
      const first = await cassandra.executeIf(
        'INSERT INTO set_pointers (name, version, snapshotat) VALUES (?, ?, ?) IF NOT EXISTS',
        [set, id, at],
      )
      if (first.applied) return true
      const moved = await cassandra.executeIf(
        'UPDATE set_pointers SET version = ?, snapshotat = ? WHERE name = ? IF snapshotat < ?',
        [id, at, set, at],
      )
      return moved.applied
    },
    async dropOldVersions(set, at) {
      const rows = await cassandra.execute<WrittenVersionRow>(
        'SELECT version, snapshotat, writtenat FROM set_versions WHERE name = ?',
        [set],
      )
      for (const id of versionsToDrop(
        rows.map(toKnownVersion),
        (await currentVersion(set))?.id ?? null,
        at,
      )) {
        await cassandra.executeMany(
          `DELETE FROM ${tableOf[set]} WHERE version = ? AND bucket = ?`,
          allBuckets.map(bucket => [id, bucket]),
        )
        await cassandra.execute('DELETE FROM set_versions WHERE name = ? AND version = ?', [set, id])
      }
    },

    async writeReport(report) {
      await cassandra.execute('INSERT INTO etl_runs (pipeline, startedat, run, report) VALUES (?, ?, ?, ?)', [
        report.pipeline,
        new Date(report.startedAt),
        report.run,
        JSON.stringify(report),
      ])
    },

    currentVersion,
    async ranking(version, category, window, limit): Promise<RankedProduct[]> {
      const scope = category ?? ''
      const rows = await cassandra.execute<{ productid: string; buyers: number; quantity: number }>(
        `SELECT productid, buyers, quantity FROM rankings
         WHERE version = ? AND bucket = ? AND scope = ? AND period = ? LIMIT ?`,
        [version.id, bucketOf(scope), scope, window, limit],
      )
      return rows.map(({ productid, buyers, quantity }) => ({ productId: productid, buyers, quantity }))
    },
    async *products(version): AsyncGenerator<Product> {
      for (const bucket of allBuckets) {
        const rows = cassandra.stream<ProductRow>(
          `SELECT productid, categoryid, title, price, instock, createdat FROM products WHERE version = ? AND bucket = ?`,
          [version.id, bucket],
        )
        for await (const row of rows) {
          yield {
            productId: row.productid,
            categoryId: row.categoryid,
            title: row.title,
            price: row.price,
            inStock: row.instock,
            createdAt: row.createdat?.getTime() ?? null,
          }
        }
      }
    },
    async boughtTogether(version, productId): Promise<BoughtTogether[]> {
      // Kept by support; no more are written than are read here.
      const rows = await cassandra.execute<{
        otherproductid: string
        support: number
        score: number | null
      }>(
        `SELECT otherproductid, support, score FROM bought_together
         WHERE version = ? AND bucket = ? AND productid = ? LIMIT ?`,
        [version.id, bucketOf(productId), productId, pairsPerProduct],
      )
      return rows
        .map(row => ({
          productId,
          otherProductId: row.otherproductid,
          support: row.support,
          score: row.score ?? 0,
        }))
        .sort(bestPairFirst)
    },
    async lastReports(pipeline, limit): Promise<RunReport[]> {
      const rows = await cassandra.execute<{ report: string }>(
        'SELECT report FROM etl_runs WHERE pipeline = ? LIMIT ?',
        [pipeline, limit],
      )
      return rows.map(({ report }) => JSON.parse(report) as RunReport)
    },
  }
}
