import { expect } from 'chai'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Misconfigured, Unavailable } from '#internal/errors/errors.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { startTestPostgres } from '../../test/engines/postgres.ts'
import { connectPostgres } from './client.ts'
import { sqlState } from './errors.ts'
import type { AddressInfo } from 'node:net'
import type { TestDatabase } from '../../test/engines/postgres.ts'
import type { Postgres } from './client.ts'

const failure = (promise: Promise<unknown>) => promise.then(() => null).catch((error: unknown) => error)

describe('PostgreSQL client', () => {
  let database: TestDatabase
  let postgres: Postgres
  const connect = (options: { maxConnections?: number; statementTimeoutMs?: number } = {}) =>
    connectPostgres({
      url: database.url,
      applicationName: 'test',
      maxConnections: 2,
      logger: silentLogger,
      ...options,
    })

  before(async () => {
    database = await startTestPostgres()
    postgres = connect()
    await postgres.execute('CREATE TABLE numbers (n bigint PRIMARY KEY)')
  })
  beforeEach(() => postgres.execute('TRUNCATE numbers'))
  after(async () => {
    await postgres[Symbol.asyncDispose]()
    await database[Symbol.asyncDispose]()
  })

  const count = async () => (await postgres.query<{ n: number }>('SELECT count(*) AS n FROM numbers'))[0]?.n

  it('reads bigint without losing a digit, times as dates, bytes as buffers', async () => {
    const [row] = await postgres.query(
      `SELECT 9007199254740991::bigint AS exact, 9007199254740993::bigint AS large,
        '2026-11-01T10:00:00.123Z'::timestamptz AS at, '\\x00ff'::bytea AS bytes, 1.10::numeric AS price`,
    )
    expect(row).to.deep.equal({
      exact: 9_007_199_254_740_991,
      large: 9_007_199_254_740_993n,
      at: new Date('2026-11-01T10:00:00.123Z'),
      bytes: Buffer.from([0, 255]),
      price: '1.10',
    })
  })

  it("passes the server's own errors on, and names a key that is there already", async () => {
    expect(await postgres.execute('INSERT INTO numbers VALUES ($1)', [1])).to.equal(1)
    const error = await failure(postgres.execute('INSERT INTO numbers VALUES ($1)', [1]))
    expect(sqlState(error)).to.equal('23505')
    expect(sqlState(await failure(postgres.query('SELECT nothing')))).to.equal('42703')
  })

  it('takes a server in recovery, and a closed database, for away, and nothing else that can’t be done now', async () => {
    const raise = (message: string) =>
      failure(postgres.execute(`DO $$ BEGIN RAISE EXCEPTION '${message}' USING ERRCODE = '55000'; END $$`))
    expect(await raise('cannot acquire lock while recovery is in progress')).to.be.instanceOf(Unavailable)
    const inUse = await raise('currval is not yet defined in this session')
    expect([inUse instanceof Unavailable, sqlState(inUse)]).to.deep.equal([false, '55000'])

    await using closed = await startTestPostgres()
    const { pathname } = new URL(closed.url)
    await postgres.execute(`ALTER DATABASE "${pathname.slice(1)}" ALLOW_CONNECTIONS false`)
    await using late = connectPostgres({
      url: closed.url,
      applicationName: 'test',
      maxConnections: 1,
      logger: silentLogger,
    })
    expect(await failure(late.query('SELECT 1'))).to.be.instanceOf(Unavailable)
    await postgres.execute(`ALTER DATABASE "${pathname.slice(1)}" ALLOW_CONNECTIONS true`)
    expect(await late.query('SELECT 1 AS one')).to.deep.equal([{ one: 1 }])
  })

  it('ends a transaction at once, also at the server, when it is told to stop', async () => {
    const stopped = new AbortController()
    const running = () =>
      postgres.query(
        "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()",
      )
    const ended = failure(
      postgres.transaction({ signal: stopped.signal }, async tx => {
        await tx.execute('INSERT INTO numbers VALUES (1)')
        await tx.query('SELECT pg_sleep(15)')
      }),
    )
    while ((await running()).length === 0) await sleep(10)
    const reason = new Error('told to stop')
    stopped.abort(reason)
    expect(await ended).to.equal(reason)
    expect(await running()).to.deep.equal([])
    expect(await count()).to.equal(0)
    expect(await failure(postgres.transaction({ signal: stopped.signal }, async () => {}))).to.equal(reason)
  })

  it('keeps all of a transaction or nothing of it', async () => {
    const broken = await failure(
      postgres.transaction({}, async tx => {
        await tx.execute('INSERT INTO numbers VALUES (1)')
        throw new Error('changed my mind')
      }),
    )
    expect(broken).to.have.property('message', 'changed my mind')
    expect(await count()).to.equal(0)
    await postgres.transaction({}, tx => tx.execute('INSERT INTO numbers VALUES (1)'))
    expect(await count()).to.equal(1)
  })

  it('tells when a transaction could not be committed because a failure in it was overlooked', async () => {
    const error = await failure(
      postgres.transaction({}, async tx => {
        await tx.execute('INSERT INTO numbers VALUES (1)')
        await failure(tx.query('SELECT nothing'))
      }),
    )
    expect(error).to.have.property('message').that.includes('rolled back')
    expect(await count()).to.equal(0)
  })

  it('sees one moment in a repeatable-read transaction and writes nothing in a read-only one', async () => {
    await postgres.transaction({ isolation: 'repeatable read', readOnly: true }, async tx => {
      expect(await tx.query('SELECT FROM numbers')).to.have.length(0)
      await postgres.execute('INSERT INTO numbers VALUES (1)')
      expect(await tx.query('SELECT FROM numbers')).to.have.length(0)
    })
    const error = await failure(
      postgres.transaction({ readOnly: true }, tx => tx.execute('INSERT INTO numbers VALUES (2)')),
    )
    expect(sqlState(error)).to.equal('25006')
  })

  it('copies many rows in and streams them out again, a batch at a time', async () => {
    async function* lines() {
      for (let n = 0; n < 20_000; n += 1) yield `${n}\n`
    }
    expect(await postgres.copyIn('COPY numbers FROM STDIN', lines())).to.equal(20_000)
    let expected = 0
    for await (const { n } of postgres.stream<{ n: number }>('SELECT n FROM numbers ORDER BY n', [], {
      batchRows: 7,
    })) {
      expect(n).to.equal(expected)
      expected += 1
    }
    expect(expected).to.equal(20_000)
  })

  it('frees the connection of a stream that nobody reads to its end', async () => {
    await using single = connect({ maxConnections: 1 })
    for (let round = 0; round < 5; round += 1) {
      for await (const _row of single.stream('SELECT generate_series(1, 100000)')) break
    }
    const error = await failure(
      Array.fromAsync(single.stream('SELECT 1 / (n - 3) FROM generate_series(1, 9) n')),
    )
    expect(sqlState(error)).to.equal('22012')
    await single.ping()
  })

  it('lets a stream be read slowly: the limit is for each batch, not for all of them', async () => {
    const limits = { readOnly: true, statementTimeoutMs: 200 }
    const rows = await postgres.transaction(limits, async tx => {
      let read = 0
      for await (const _row of tx.stream('SELECT generate_series(1, 5)', [], { batchRows: 1 })) {
        read += 1
        await sleep(100)
      }
      return read
    })
    expect(rows).to.equal(5)
    const endless = 'SELECT pg_sleep(60)'
    expect(
      await failure(postgres.transaction(limits, tx => Array.fromAsync(tx.stream(endless)))),
    ).to.be.instanceOf(Unavailable)
  })

  it('reads several streams in one transaction at the same time', async () => {
    const pairs = await postgres.transaction({ readOnly: true }, async tx => {
      const found: number[][] = []
      for await (const { a } of tx.stream<{ a: number }>('SELECT generate_series(1, 2) AS a')) {
        for await (const { b } of tx.stream<{ b: number }>('SELECT generate_series(1, $1) AS b', [2])) {
          found.push([a, b])
        }
      }
      return found
    })
    expect(pairs).to.deep.equal([
      [1, 1],
      [1, 2],
      [2, 1],
      [2, 2],
    ])
  })

  it('copies nothing when its rows break off or are refused, and goes on working', async () => {
    await using single = connect({ maxConnections: 1 })
    async function* broken() {
      yield '1\n'
      throw new Error('the file ends here')
    }
    expect(await failure(single.copyIn('COPY numbers FROM STDIN', broken()))).to.have.property(
      'message',
      'the file ends here',
    )
    expect(sqlState(await failure(single.copyIn('COPY numbers FROM STDIN', ['1\n', 'x\n'])))).to.equal(
      '22P02',
    )
    expect(sqlState(await failure(single.copyIn('COPY nowhere FROM STDIN', ['1\n'])))).to.equal('42P01')
    const many = Array.from({ length: 500 }, () => `${'x'.repeat(100_000)}\n`)
    expect(sqlState(await failure(single.copyIn('COPY numbers FROM STDIN', many)))).to.equal('22P02')
    expect(await count()).to.equal(0)
    await single.ping()
  })

  it('gives up a statement at its limit as unavailable, and raises the limit for one transaction', async () => {
    await using hasty = connect({ maxConnections: 1, statementTimeoutMs: 50 })
    expect(await failure(hasty.query('SELECT pg_sleep(5)'))).to.be.instanceOf(Unavailable)
    await hasty.transaction({ statementTimeoutMs: 5_000 }, tx => tx.query('SELECT pg_sleep(0.1)'))
    expect(await failure(hasty.query('SELECT pg_sleep(5)'))).to.be.instanceOf(Unavailable)
    await hasty.ping()
  })

  it('reports a connection that was cut as unavailable, whatever ran on it, and then uses a new one', async () => {
    await using other = connect()
    const cut = 'SELECT pg_terminate_backend(pg_backend_pid())'
    expect(await failure(other.query(cut))).to.be.instanceOf(Unavailable)
    expect(await failure(other.transaction({}, tx => tx.query(cut)))).to.be.instanceOf(Unavailable)
    expect(await failure(Array.fromAsync(other.stream(cut)))).to.be.instanceOf(Unavailable)
    async function* cutting() {
      yield '1\n'
      // The server may not have begun to copy when the first line is written.
      let ended: unknown[] = []
      while (ended.length === 0) {
        ended = await postgres.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY numbers%' AND state = 'active'`,
        )
      }
      for (let n = 2; n < 100_000; n += 1) yield `${n}\n`
    }
    expect(await failure(other.copyIn('COPY numbers FROM STDIN', cutting()))).to.be.instanceOf(Unavailable)
    await other.ping()
  })

  it('outlives the cutting of idle connections', async () => {
    await using other = connect()
    await other.ping()
    await postgres.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    )
    await failure(other.ping())
    await other.ping()
  })

  it('is unavailable, and does not wait for ever, where nobody listens or nobody answers', async () => {
    const silent = createServer(() => {})
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    try {
      for (const address of [
        'postgres://me:secret@127.0.0.1:1/shop',
        `postgres://me:secret@127.0.0.1:${port}/shop`,
      ]) {
        await using away = connectPostgres({
          url: address,
          applicationName: 'test',
          maxConnections: 1,
          connectTimeoutMs: 200,
          logger: silentLogger,
        })
        const error = await failure(away.ping())
        expect(error).to.be.instanceOf(Unavailable)
        expect(String(error)).not.to.include('secret')
      }
    } finally {
      silent.close()
    }
  })

  it('says that a password or database is wrong, without showing the password', async () => {
    const wrong = new URL(database.url)
    wrong.password = 'hunter2'
    const missing = new URL(database.url)
    missing.pathname = '/nowhere'
    for (const url of [wrong.href, missing.href]) {
      await using refused = connectPostgres({
        url,
        applicationName: 'test',
        maxConnections: 1,
        logger: silentLogger,
      })
      const error = await failure(refused.query('SELECT 1'))
      expect(error).to.be.instanceOf(Misconfigured)
      expect(String(error)).not.to.include('hunter2')
    }
    expect(() =>
      connectPostgres({ url: 'shop', applicationName: 'test', maxConnections: 1, logger: silentLogger }),
    ).to.throw(Misconfigured, 'postgres://')
  })

  it('hears notifications, also after its connection was cut, and says when it may have missed some', async () => {
    const heard: string[] = []
    let wake = () => {}
    const next = () =>
      new Promise<void>(resolve => {
        wake = resolve
      })
    let arrived = next()
    await using listener = postgres.listen('news', payload => {
      heard.push(payload)
      wake()
    })
    await arrived
    arrived = next()
    await postgres.query(`SELECT pg_notify('news', 'one')`)
    await arrived
    arrived = next()
    await postgres.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
    )
    await arrived
    arrived = next()
    await postgres.query(`SELECT pg_notify('news', 'two')`)
    await arrived
    expect(heard).to.deep.equal(['', 'one', '', 'two'])
    expect(listener).to.have.property(Symbol.asyncDispose as unknown as string)
  })
})
