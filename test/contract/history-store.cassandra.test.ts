import { expect } from 'chai'
import { migrateCassandra } from '#internal/cassandra/migrate.ts'
import { InvalidInput, Misconfigured, Unavailable } from '#internal/errors/errors.ts'
import {
  historyCassandraMigrations,
  migrateCassandraHistory,
} from '#internal/history/cassandra-migrations.ts'
import { createCassandraHistoryStore } from '#internal/history/cassandra-store.ts'
import { defaultHistoryTtl as ttl } from '#internal/history/store.ts'
import { cassandraProblem, connectTestCassandra } from '../engines/cassandra.ts'
import { checkBrokenTakeOver } from './broken-take-over.ts'
import { describeHistoryStore } from './history-store.ts'
import type { Cassandra } from '#internal/cassandra/client.ts'

describeHistoryStore('Cassandra', async settings => {
  const problem = await cassandraProblem()
  if (problem !== null) return { skip: problem }
  const cassandra = await connectTestCassandra()
  await migrateCassandra(cassandra, 'history', historyCassandraMigrations(settings.ttl))
  return {
    store: createCassandraHistoryStore({ cassandra, ...settings }),
    [Symbol.asyncDispose]: () => cassandra[Symbol.asyncDispose](),
  }
})

describe('history in Cassandra', function () {
  this.timeout(150_000)
  let cassandra: Cassandra
  const now = Date.now()
  const view = (source: string, productId = 'p') => ({
    messageId: 'm',
    userId: 'u',
    productId,
    source,
    timestamp: now - 1_000,
    effectiveTime: now - 1_000,
  })

  before(async function () {
    const problem = await cassandraProblem()
    if (problem !== null) {
      process.stdout.write(`\nSKIPPED: history in Cassandra: ${problem}\n`)
      return this.skip()
    }
    cassandra = await connectTestCassandra()
    await migrateCassandra(cassandra, 'history', historyCassandraMigrations(ttl))
  })
  after(async () => {
    await cassandra?.[Symbol.asyncDispose]()
  })

  it('keeps the larger of two sources also when repeats expire in different seconds', async () => {
    const behind = createCassandraHistoryStore({ cassandra, ttl, now: () => now - 3_000 })
    const ahead = createCassandraHistoryStore({ cassandra, ttl, now: () => now + 3_000 })
    await ahead.recordViews([view('z', 'first'), view('a', 'second')])
    await behind.recordViews([view('a', 'first'), view('z', 'second')])
    const { items } = await ahead.latest('u', { limit: 10 })
    expect(items.map(({ productId, source }) => [productId, source])).to.deep.equal([
      ['first', 'z'],
      ['second', 'z'],
    ])
  })

  it("lets rows go by themselves at the end of their time, counted from the view's own", async () => {
    const store = createCassandraHistoryStore({ cassandra, ttl, now: () => now })
    await store.recordViews([{ ...view('s'), userId: 'left', effectiveTime: now - ttl.historyMs + 60_000 }])
    const [row] = await cassandra.execute<{ left: number }>(
      "SELECT ttl(messagetime) AS left FROM user_history WHERE userid = 'left'",
    )
    expect(row?.left).to.be.within(30, 62)
  })

  async function graceSeconds(): Promise<number | undefined> {
    const [table] = await cassandra.execute<{ gc_grace_seconds: number }>(
      "SELECT gc_grace_seconds FROM system_schema.tables WHERE keyspace_name = ? AND table_name = 'user_history'",
      [cassandra.keyspace],
    )
    return table?.gc_grace_seconds
  }

  it('keeps deletions a day longer than what they must hold back', async () => {
    expect(await graceSeconds()).to.equal(ttl.historyMs / 1_000 + 86_400)
  })

  it('keeps deletions longer when histories are to last longer, and never less long', async () => {
    const longer = { ...ttl, historyMs: 2 * ttl.historyMs }
    for (const wanted of [longer, ttl]) {
      await migrateCassandraHistory(cassandra, wanted)
      expect(await graceSeconds()).to.equal(longer.historyMs / 1_000 + 86_400)
    }
  })

  it('refuses what it can never store', async () => {
    const store = createCassandraHistoryStore({ cassandra, ttl, now: () => now })
    for (const userId of ['', 'x'.repeat(70_000)]) {
      const error = await store.recordViews([view('s'), { ...view('s'), userId }]).catch((e: unknown) => e)
      expect(error).to.be.instanceOf(InvalidInput)
    }
  })

  it('has lost nothing of a guest when it goes away in the middle of a takeover', async () => {
    const breaking = (write: number) => {
      let writes = 0
      const away: Cassandra = {
        ...cassandra,
        async batch(statements) {
          if ((writes += 1) === write) throw new Unavailable('away')
          await cassandra.batch(statements)
        },
      }
      return createCassandraHistoryStore({ cassandra: away, ttl, now: () => now })
    }
    await checkBrokenTakeOver(createCassandraHistoryStore({ cassandra, ttl, now: () => now }), breaking, now)
  })

  it('refuses a time to live that Cassandra cannot count', () => {
    const century = { historyMs: 100 * 365 * 86_400_000, viewsMs: 1 }
    expect(() => createCassandraHistoryStore({ cassandra, ttl: century, now: () => now })).to.throw(
      Misconfigured,
      /2038/,
    )
  })
})
