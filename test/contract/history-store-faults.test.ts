import { expect } from 'chai'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectCassandra } from '#internal/cassandra/client.ts'
import { migrateCassandra } from '#internal/cassandra/migrate.ts'
import { Unavailable } from '#internal/errors/errors.ts'
import { historyCassandraMigrations } from '#internal/history/cassandra-migrations.ts'
import { createCassandraHistoryStore } from '#internal/history/cassandra-store.ts'
import { defaultHistoryTtl as ttl } from '#internal/history/store.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { cassandraProblem, startCassandra } from '../engines/cassandra.ts'
import { eventually } from './event-log-rig.ts'

describe('history store: Cassandra that crashes', function () {
  this.timeout(180_000)

  it('says in time that it is away, and has all that it acknowledged when it is back', async function () {
    const problem = await cassandraProblem()
    if (problem !== null) {
      process.stdout.write(`    SKIPPED: ${problem}\n`)
      return this.skip()
    }
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-test-cassandra-crash-'))
    await using opened = new AsyncDisposableStack()
    opened.defer(() => rm(folder, { recursive: true, force: true }))
    const node = opened.use(await startCassandra(folder))
    const cassandra = opened.use(
      connectCassandra({
        contactPoints: [node.contactPoint],
        localDataCenter: node.dataCenter,
        keyspace: 'crash',
        replication: 1,
        applicationName: 'test',
        logger,
      }),
    )
    await migrateCassandra(cassandra, 'history', historyCassandraMigrations(ttl))
    const store = createCassandraHistoryStore({ cassandra, ttl, now: Date.now })

    const acknowledged: string[] = []
    const failures: unknown[] = []
    let sent = 0
    async function record(): Promise<void> {
      const messageId = String(sent++).padStart(6, '0')
      const at = Date.now()
      const view = {
        messageId,
        userId: 'u',
        productId: messageId,
        source: 's',
        timestamp: at,
        effectiveTime: at,
      }
      await store.recordViews([view]).then(
        () => acknowledged.push(messageId),
        (error: unknown) => failures.push(error),
      )
    }

    for (let i = 0; i < 200; i++) await record()
    const meanwhile = Array.from({ length: 50 }, record)
    await node.crash()
    await Promise.all(meanwhile)
    await record()
    expect(failures.length).to.be.greaterThan(0)
    for (const failure of failures) expect(failure).to.be.instanceOf(Unavailable)
    await node.restart()
    const isBack = () =>
      cassandra.ping().then(
        () => true,
        () => false,
      )
    await eventually(isBack, 'Cassandra is back')
    await record()

    const kept: string[] = []
    for await (const row of cassandra.stream<{ productid: string }>(
      'SELECT productid FROM user_history WHERE userid = ?',
      ['u'],
    )) {
      kept.push(row.productid)
    }
    expect(acknowledged.filter(id => !kept.includes(id))).to.deep.equal([])
  })
})
