import { expect } from 'chai'
import { Misconfigured, Unavailable } from '#internal/errors/errors.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { cassandraProblem, connectTestCassandra } from '../../test/engines/cassandra.ts'
import { connectCassandra } from './client.ts'
import { isUnstorable } from './errors.ts'
import { cassandraSchemaVersion, migrateCassandra } from './migrate.ts'
import type { Cassandra } from './client.ts'

const migrations = [
  {
    version: 1,
    statements: [
      'CREATE TABLE IF NOT EXISTS t (p text, c int, n bigint, at timestamp, s set<text>, PRIMARY KEY (p, c))',
    ],
  },
  { version: 2, statements: ['CREATE TABLE IF NOT EXISTS u (p text PRIMARY KEY)'] },
]

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => null,
    (error: unknown) => error,
  )
}

describe('Cassandra client', function () {
  this.timeout(150_000)
  let cassandra: Cassandra

  before(async function () {
    const problem = await cassandraProblem()
    if (problem !== null) {
      process.stdout.write(`    SKIPPED: ${problem}\n`)
      return this.skip()
    }
    cassandra = await connectTestCassandra()
  })
  after(async () => {
    await cassandra?.[Symbol.asyncDispose]()
  })

  it('says so when the keyspace is not there yet', async () => {
    expect(await cassandraSchemaVersion(cassandra, 'test')).to.equal(0)
    const error = await failure(cassandra.execute('SELECT * FROM t'))
    expect(error).to.be.instanceOf(Unavailable)
    expect((error as Error).message).to.match(/vitrine init/)
  })

  it('brings a schema to its version once, also when several do it at once', async () => {
    const versions = await Promise.all([1, 2, 3].map(() => migrateCassandra(cassandra, 'test', migrations)))
    expect(versions).to.deep.equal([2, 2, 2])
    expect(await cassandraSchemaVersion(cassandra, 'test')).to.equal(2)
    expect(await migrateCassandra(cassandra, 'test', migrations.slice(0, 1))).to.equal(2)
    expect(await failure(migrateCassandra(cassandra, 'test', migrations.slice(1)))).to.be.instanceOf(
      Misconfigured,
    )
  })

  it('writes many rows at once, and reads them page by page', async () => {
    const write = 'INSERT INTO t (p, c, n, at, s) VALUES (?, ?, ?, ?, ?)'
    const rows = Array.from({ length: 1_000 }, (_, c) => ['many', c, c, c, ['b', 'a']])
    await cassandra.executeMany(write, rows, { concurrency: 32 })
    const seen: { c: number }[] = []
    for await (const row of cassandra.stream<{ c: number }>('SELECT c FROM t WHERE p = ?', ['many'], {
      pageSize: 100,
    })) {
      seen.push(row)
    }
    expect(seen).to.deep.equal(rows.map(([, c]) => ({ c })))
    expect(await cassandra.execute('SELECT * FROM t WHERE p = ? AND c = ?', ['many', 7])).to.deep.equal([
      { p: 'many', c: 7, n: 7, at: new Date(7), s: ['a', 'b'] },
    ])
  })

  it('gives numbers that are not exact as BigInt', async () => {
    await cassandra.execute('INSERT INTO t (p, c, n) VALUES (?, ?, 9007199254740993)', ['big', 1])
    expect(await cassandra.execute('SELECT n FROM t WHERE p = ?', ['big'])).to.deep.equal([
      { n: 9007199254740993n },
    ])
  })

  it('lets the later of two timestamps win, whichever comes first', async () => {
    const write = 'INSERT INTO t (p, c, n) VALUES (?, ?, ?)'
    await cassandra.execute(write, ['time', 1, 2], { timestampMicros: 2_000_000 })
    await cassandra.batch([{ cql: write, params: ['time', 1, 1] }], { timestampMicros: 1_000_000 })
    expect(await cassandra.execute('SELECT n FROM t WHERE p = ?', ['time'])).to.deep.equal([{ n: 2 }])
  })

  it('tells whether a condition held, and what stood there when not', async () => {
    const write = 'INSERT INTO t (p, c, n) VALUES (?, ?, ?) IF NOT EXISTS'
    expect(await cassandra.executeIf(write, ['if', 1, 1])).to.deep.equal({ applied: true, row: null })
    const second = await cassandra.executeIf<{ n: number }>(write, ['if', 1, 2])
    expect(second.applied).to.equal(false)
    expect(second.row?.n).to.equal(1)
  })

  it('begins nothing more after a failure, and says what failed', async () => {
    let asked = 0
    function* params() {
      for (; asked < 1_000; asked++) yield [asked === 3 ? 'x'.repeat(70_000) : 'fail', asked, 0]
    }
    const error = await failure(
      cassandra.executeMany('INSERT INTO t (p, c, n) VALUES (?, ?, ?)', params(), { concurrency: 2 }),
    )
    expect(isUnstorable(error)).to.equal(true)
    expect(asked).to.be.lessThan(1_000)
  })

  it('fails in words while no node answers, and after it was closed', async () => {
    const away = connectCassandra({
      contactPoints: ['127.0.0.1:1'],
      localDataCenter: 'datacenter1',
      keyspace: 'nowhere',
      replication: 1,
      applicationName: 'test',
      logger,
    })
    const error = await failure(away.ping())
    expect(error).to.be.instanceOf(Unavailable)
    expect((error as Error).message).to.include('127.0.0.1:1')
    await away[Symbol.asyncDispose]()
    expect(await failure(away.ping())).to.be.instanceOf(Unavailable)
  })
})
