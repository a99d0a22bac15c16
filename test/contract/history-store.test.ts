import { expect } from 'chai'
import { Unavailable } from '#internal/errors/errors.ts'
import { createFakeHistoryStore } from '#internal/history/fake-store.ts'
import { historyPostgresMigrations } from '#internal/history/postgres-migrations.ts'
import { createPostgresHistoryStore } from '#internal/history/postgres-store.ts'
import { defaultHistoryTtl } from '#internal/history/store.ts'
import { sweepHistory } from '#internal/history/sweeper.ts'
import { connectPostgres } from '#internal/postgres/client.ts'
import { migrate } from '#internal/postgres/migrate.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { startTestPostgres } from '../engines/postgres.ts'
import { checkBrokenTakeOver } from './broken-take-over.ts'
import { describeHistoryStore } from './history-store.ts'
import type { Postgres } from '#internal/postgres/client.ts'

describeHistoryStore('the fake', async settings => ({
  store: createFakeHistoryStore(settings),
  [Symbol.asyncDispose]: async () => {},
}))

async function openDatabase() {
  await using opened = new AsyncDisposableStack()
  const { url } = opened.use(await startTestPostgres())
  const postgres = opened.use(connectPostgres({ url, applicationName: 'test', maxConnections: 10, logger }))
  await migrate(postgres, 'history', historyPostgresMigrations)
  const kept = opened.move()
  return { postgres, close: async () => kept.disposeAsync() }
}

describeHistoryStore('PostgreSQL', async settings => {
  const { postgres, close } = await openDatabase()
  return { store: createPostgresHistoryStore({ postgres, ...settings }), [Symbol.asyncDispose]: close }
})

describe('history in PostgreSQL', () => {
  it('has lost nothing of a guest when it goes away in the middle of a takeover', async () => {
    const { postgres, close } = await openDatabase()
    const now = Date.UTC(2026, 10, 1)
    const settings = { ttl: defaultHistoryTtl, now: () => now }
    const breaking = (write: number) => {
      let writes = 0
      const away: Postgres = {
        ...postgres,
        async execute(...statement) {
          if ((writes += 1) === write) throw new Unavailable('away')
          return postgres.execute(...statement)
        },
      }
      return createPostgresHistoryStore({ postgres: away, ...settings })
    }
    await checkBrokenTakeOver(createPostgresHistoryStore({ postgres, ...settings }), breaking, now)
    await close()
  }).timeout(60_000)
})

describe('the sweeper of PostgreSQL', () => {
  it('purges what is past its time, a deletion a day after what it deletes', async () => {
    const { postgres, close } = await openDatabase()
    const day = 86_400_000
    const ttl = { historyMs: 10 * day, viewsMs: 20 * day }
    let now = Date.UTC(2026, 10, 1)
    const store = createPostgresHistoryStore({ postgres, ttl, now: () => now })
    const view = {
      messageId: 'm',
      userId: 'u',
      productId: 'p',
      source: 's',
      timestamp: now,
      effectiveTime: now,
    }
    await store.recordViews([view])
    await store.forgetUser('other', now)
    const sweepAfter = async (days: number) => {
      now = Date.UTC(2026, 10, 1) + days * day
      return sweepHistory({ postgres, ttl, now: () => now })
    }
    expect(await sweepAfter(9)).to.equal(0)
    expect(await sweepAfter(10)).to.equal(1)
    expect(await sweepAfter(11)).to.equal(1)
    expect(await sweepAfter(20)).to.equal(1)
    await close()
  })
})
