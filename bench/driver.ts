import cassandra from 'cassandra-driver'
import pg from 'pg'
import type { ProductView } from '#internal/domain/product-view.ts'
import type { Stand } from './stand.ts'

/** The store's own driver, used as plainly as its documentation does: the ceiling of what is written and read. */
export interface Driver extends AsyncDisposable {
  /** Writes the views into both tables, much at once. */
  write(views: readonly ProductView[]): Promise<void>
  /** Reads all rows of a user's history. */
  read(userId: string): Promise<unknown>
}

export async function connectDriver({ env }: Stand): Promise<Driver> {
  return env['VITRINE_STORE'] === 'cassandra' ? connectCassandraDriver(env) : connectPostgresDriver(env)
}

const batchRows = 500
const statementsAtOnce = 4

const intoViews = `INSERT INTO productviews.product_views (messageid, event, userid, productid, source, messagetime)
  SELECT m, 'ProductView', u, p, s, t
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) AS new (m, u, p, s, t)
  ON CONFLICT DO NOTHING`
const intoHistory = `INSERT INTO productviews.user_history (userid, productid, source, messagetime)
  SELECT u, p, s, t FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) AS new (u, p, s, t)
  ON CONFLICT DO NOTHING`
const selectRows = 'SELECT productid, messagetime, source FROM productviews.user_history WHERE userid = $1'

function connectPostgresDriver(env: Record<string, string>): Driver {
  const pool = new pg.Pool({ connectionString: env['VITRINE_POSTGRES_URL'], max: 10 })

  /** In the order of the keys, so that two that meet don't lock each other out. */
  async function writeBatch(batch: readonly ProductView[]): Promise<void> {
    const views = batch.toSorted((a, b) => (a.userId + a.productId < b.userId + b.productId ? -1 : 1))
    const users = views.map(view => view.userId)
    const products = views.map(view => view.productId)
    const sources = views.map(view => view.source)
    const times = views.map(view => new Date(view.timestamp).toISOString())
    const ids = views.map(view => view.messageId)
    await pool.query({ name: 'views', text: intoViews, values: [ids, users, products, sources, times] })
    await pool.query({ name: 'history', text: intoHistory, values: [users, products, sources, times] })
  }

  return {
    async write(views) {
      let from = 0
      const worker = async () => {
        while (from < views.length) {
          const batch = views.slice(from, from + batchRows)
          from += batchRows
          await writeBatch(batch)
        }
      }
      await Promise.all(Array.from({ length: statementsAtOnce }, worker))
    },
    read: userId => pool.query({ name: 'history', text: selectRows, values: [userId] }),
    [Symbol.asyncDispose]: () => pool.end(),
  }
}

/** As many as the loader has in flight. */
const writesAtOnce = 512
const insertView = `INSERT INTO product_views (userid, month, messagetime, messageid, event, productid, source)
  VALUES (?, ?, ?, ?, 'ProductView', ?, ?)`
const insertHistory = `INSERT INTO user_history (userid, productid, messagetime, source, sources)
  VALUES (?, ?, ?, ?, ?)`
const selectHistory = 'SELECT productid, messagetime, source FROM user_history WHERE userid = ?'

async function connectCassandraDriver(env: Record<string, string>): Promise<Driver> {
  const client = new cassandra.Client({
    contactPoints: [env['VITRINE_CASSANDRA_HOSTS'] ?? ''],
    localDataCenter: env['VITRINE_CASSANDRA_DATACENTER'] ?? 'datacenter1',
    keyspace: 'productviews',
  })
  await client.connect()
  return {
    async write(views) {
      const statements = views.flatMap(({ userId, productId, messageId, source, timestamp }) => {
        const time = new Date(timestamp)
        const month = time.toISOString().slice(0, 7)
        return [
          { query: insertView, params: [userId, month, time, messageId, productId, source] },
          { query: insertHistory, params: [userId, productId, time, source, [source]] },
        ]
      })
      await cassandra.concurrent.executeConcurrent(client, statements, { concurrencyLevel: writesAtOnce })
    },
    read: userId => client.execute(selectHistory, [userId], { prepare: true }),
    [Symbol.asyncDispose]: () => client.shutdown(),
  }
}
