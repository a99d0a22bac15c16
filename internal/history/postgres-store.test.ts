import { expect } from 'chai'
import { InvalidInput, Unavailable } from '#internal/errors/errors.ts'
import { connectPostgres } from '#internal/postgres/client.ts'
import { migrate } from '#internal/postgres/migrate.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { startTestPostgres } from '../../test/engines/postgres.ts'
import { historyPostgresMigrations } from './postgres-migrations.ts'
import { latestSql } from './postgres-reads.ts'
import { createPostgresHistoryStore } from './postgres-store.ts'
import { sweepHistory } from './sweeper.ts'
import { defaultHistoryTtl as ttl } from './store.ts'

const now = () => Date.UTC(2026, 10, 1)
const view = (userId: string, productId: string, at: number) => ({
  messageId: `${productId}@${at}`,
  userId,
  productId,
  source: 'desktop',
  timestamp: at,
  effectiveTime: at,
})

async function open() {
  await using opened = new AsyncDisposableStack()
  const { url } = opened.use(await startTestPostgres())
  const postgres = opened.use(connectPostgres({ url, applicationName: 'test', maxConnections: 10, logger }))
  await migrate(postgres, 'history', historyPostgresMigrations)
  return { postgres, store: createPostgresHistoryStore({ postgres, ttl, now }), opened: opened.move() }
}

describe('the history store in PostgreSQL', function () {
  this.timeout(60_000)

  it('refuses what PostgreSQL can never hold, so that the loader can find it, and keeps nothing of the batch', async () => {
    const { postgres, store, opened } = await open()
    await using _ = opened
    const views = [view('u', 'fine', now() - 1), view('u', 'not\u0000fine', now() - 1)]
    const refusal: unknown = await store.recordViews(views).catch((error: unknown) => error)
    expect(refusal).to.be.instanceOf(InvalidInput)
    expect((refusal as Error).message).to.contain('PostgreSQL cannot store')
    for (const table of ['product_views', 'user_history'])
      expect(await postgres.query(`SELECT FROM productviews.${table}`), table).to.deep.equal([])
  })

  it('answers Unavailable while the server is away', async () => {
    await using postgres = connectPostgres({
      url: 'postgresql://nobody@127.0.0.1:1/nothing',
      applicationName: 'test',
      maxConnections: 1,
      logger,
    })
    const store = createPostgresHistoryStore({ postgres, ttl, now })
    for (const call of [
      () => store.recordViews([view('u', 'a', now() - 1)]),
      () => store.forgetProduct('u', 'a', now()),
      () => store.forgetUser('u', now()),
      () => store.takeOver('u', 'g', now()),
      () => store.latest('u', { limit: 1 }),
      () => store.newestEffectiveTime('u'),
      () => store.viewsOfMonth('u', '2026-10', 1),
    ]) {
      expect(await call().catch((error: unknown) => error)).to.be.instanceOf(Unavailable)
    }
  })

  it('lets writers, deletions and the sweeper meet on the same rows, and a deletion wins over what it covers', async () => {
    const { postgres, store, opened } = await open()
    await using _ = opened
    const users = ['u1', 'u2', 'u3']
    const products = Array.from({ length: 30 }, (_unused, i) => `p${i}`)
    const deletedAt = now() - 1_000
    const round = (n: number) => {
      const views = users.flatMap(user => products.map(product => view(user, product, deletedAt - n)))
      return Promise.all([
        store.recordViews(n % 2 ? views : views.toReversed()),
        ...users.map(user => store.forgetUser(user, deletedAt)),
        store.forgetProduct('u1', `p${n % 30}`, deletedAt),
        sweepHistory({ postgres, ttl, now }),
      ])
    }
    await Promise.all(Array.from({ length: 40 }, (_unused, n) => round(n)))
    for (const user of users) {
      expect((await store.latest(user, { limit: 10 })).items).to.deep.equal([])
      expect(await store.newestEffectiveTime(user)).to.equal(null)
    }
  })

  it('keeps no row that came after the deletion that covers it, once swept', async () => {
    const { postgres, store, opened } = await open()
    await using _ = opened
    await store.forgetUser('u', now() - 10)
    await store.forgetProduct('v', 'a', now() - 10)
    const late = [view('u', 'a', now() - 20), view('v', 'a', now() - 20)]
    const others = [view('u', 'b', now() - 5), view('v', 'b', now() - 20)]
    await store.recordViews([...late, ...others])
    expect(await sweepHistory({ postgres, ttl, now })).to.equal(2)
    const left = await postgres.query('SELECT userid, productid FROM productviews.user_history ORDER BY 1')
    expect(left).to.deep.equal([
      { userid: 'u', productid: 'b' },
      { userid: 'v', productid: 'b' },
    ])
  })

  it('finds a page of one user by key, not by reading the table', async () => {
    const { postgres, store, opened } = await open()
    await using _ = opened
    await store.recordViews(
      Array.from({ length: 10_000 }, (_unused, i) => view(`u${i % 2_000}`, `p${i}`, now() - i)),
    )
    await postgres.execute('ANALYZE productviews.user_history')
    const begin = new Date(now() - ttl.historyMs)
    const plan = await postgres.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${latestSql}`, [
      'u1',
      begin,
      10_000,
      'infinity',
      '',
      11,
    ])
    const text = plan.map(row => row['QUERY PLAN']).join('\n')
    expect(text).to.contain('user_history_pkey').and.not.to.contain('Seq Scan on user_history h')
  })
})
