import { expect } from 'chai'
import fc from 'fast-check'
import { connectPostgres } from '#internal/postgres/client.ts'
import { migrate } from '#internal/postgres/migrate.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { startTestPostgres } from '../../test/engines/postgres.ts'
import { createMembership, readLag } from './postgres-group.ts'
import { createPostgresLog } from './postgres-log.ts'
import { dropOldDays, makeDays } from './postgres-retention.ts'
import { eventLogMigrations } from './postgres-schema.ts'
import { createPostgresTopics } from './postgres-topics.ts'
import type { Postgres } from '#internal/postgres/client.ts'
import type { TestDatabase } from '../../test/engines/postgres.ts'
import type { Lease } from './postgres-group.ts'
import type { EventLog, LogRecord } from './log.ts'

const dayMs = 86_400_000

describe('event log in PostgreSQL', function () {
  this.timeout(60_000)
  let database: TestDatabase
  let postgres: Postgres
  let log: EventLog
  let made = 0

  before(async () => {
    database = await startTestPostgres()
    postgres = connectPostgres({ url: database.url, applicationName: 'test', maxConnections: 8, logger })
    await migrate(postgres, 'eventlog', eventLogMigrations)
    log = open()
  })
  after(async () => {
    await log?.[Symbol.asyncDispose]()
    await postgres?.[Symbol.asyncDispose]()
    await database?.[Symbol.asyncDispose]()
  })

  const open = () =>
    createPostgresLog({ postgres, logger, metrics: createMetrics({ service: 'test', version: '0' }) })
  const record = (key: string, value: string) => ({ key, value: Buffer.from(value), headers: {} })

  async function topic(partitions: number, retentionMs: number | null = null): Promise<string> {
    const name = `topic-${made++}`
    await log.ensureTopics([{ name, partitions, retentionMs, maxRecordBytes: 10_000 }])
    return name
  }

  async function readAll(name: string): Promise<LogRecord[]> {
    const ends = await log.ends(name)
    const count = ends.reduce((sum, { first, next }) => sum + Number(next - first), 0)
    const seen: LogRecord[] = []
    const done = Promise.withResolvers<void>()
    if (count === 0) return seen
    await using _reader = log.readAll(name, { at: 'beginning' }, async records => {
      seen.push(...records)
      if (seen.length >= count) done.resolve()
    })
    await done.promise
    return seen
  }

  it('says that topics are missing where its tables are not made yet', async () => {
    await using empty = await startTestPostgres()
    await using bare = connectPostgres({ url: empty.url, applicationName: 'test', maxConnections: 2, logger })
    await using early = createPostgresLog({
      postgres: bare,
      logger,
      metrics: createMetrics({ service: 'test', version: '0' }),
    })
    const error: unknown = await early.ends('views').catch((reason: unknown) => reason)
    expect((error as Error).message).to.contain('no topic "views"')
  })

  it('gives dense offsets and keeps the order of each key, however appends of several processes interleave', async () => {
    const appends = fc.array(
      fc.record({ who: fc.nat(2), keys: fc.array(fc.nat(3), { minLength: 1, maxLength: 5 }) }),
      {
        minLength: 1,
        maxLength: 20,
      },
    )
    const processes = [open(), open(), open()]
    await fc.assert(
      fc.asyncProperty(appends, async plan => {
        const name = await topic(2)
        let sent = 0
        const places = await Promise.all(
          plan.map(({ who, keys }) =>
            (processes[who] as EventLog).append(
              name,
              keys.map(key => record(`${who}/${key}`, String(sent++))),
            ),
          ),
        )
        const seen = await readAll(name)
        expect(seen.length).to.equal(places.flat().length)
        for (const { partition, next } of await log.ends(name)) {
          const offsets = seen.filter(one => one.partition === partition).map(({ offset }) => offset)
          expect(offsets).to.deep.equal(Array.from({ length: Number(next) }, (_, at) => BigInt(at)))
        }
        for (const key of new Set(seen.map(one => one.key))) {
          const order = seen.filter(one => one.key === key).map(({ value }) => Number(value))
          expect(order).to.deep.equal(order.toSorted((a, b) => a - b))
        }
      }),
      { numRuns: 25 },
    )
    for (const one of processes) await one[Symbol.asyncDispose]()
  })

  it('refuses the commit of a member whose lease went to another, and lets offsets only grow', async () => {
    const name = await topic(1)
    await log.append(name, [record('k', '0'), record('k', '1'), record('k', '2')])
    const found = await createPostgresTopics(postgres).topic(name)
    const [first, second, third] = (await readAll(name)) as [LogRecord, LogRecord, LogRecord]
    const stalled = createMembership(postgres, 'group', 'stalled')
    const other = createMembership(postgres, 'group', 'other')
    await stalled.enter(found)
    const [old] = (await stalled.beat(found)).held as [Lease]
    expect(await stalled.commit(old, first)).to.equal(true)
    await postgres.execute(`UPDATE eventlog.group_member SET expires = clock_timestamp() - interval '1 s'`)
    await postgres.execute(`UPDATE eventlog.group_partition SET expires = clock_timestamp() - interval '1 s'`)
    const [lease] = (await other.beat(found)).held as [Lease]
    expect(lease.next).to.equal(1n)
    expect(await stalled.commit(old, third)).to.equal(false)
    expect(await other.commit(lease, third)).to.equal(true)
    expect(await other.commit(lease, second)).to.equal(true)
    expect(await readLag(postgres, 'group', found)).to.deep.equal([{ partition: 0, records: 0n }])
  })

  it('tells a handler that its partition has gone to another member, and commits nothing of its work', async () => {
    const name = await topic(1)
    await log.append(name, [record('k', 'v')])
    const told = Promise.withResolvers<void>()
    const began = Promise.withResolvers<void>()
    await using _consumer = log.consume('robbed', [name], async (_records, signal) => {
      began.resolve()
      await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
      told.resolve()
    })
    await began.promise
    await postgres.execute(
      `UPDATE eventlog.group_partition SET owner = 'other', epoch = epoch + 1, expires = clock_timestamp() + interval '1 hour'
       WHERE group_name = 'robbed'`,
    )
    await told.promise
    expect(await log.lag('robbed', name)).to.deep.equal([{ partition: 0, records: 1n }])
  })

  it('drops days beyond the retention, and tells where what is kept begins', async () => {
    const name = await topic(1, 7 * dayMs)
    const { id } = await createPostgresTopics(postgres).topic(name)
    const longAgo = Date.now() - 20 * dayMs
    await makeDays(postgres, longAgo)
    await log.append(name, [record('k', 'old'), record('k', 'old'), record('k', 'new')])
    await postgres.execute(
      `UPDATE eventlog.record SET append_time = $2 WHERE topic_id = $1 AND log_offset < 2`,
      [id, longAgo],
    )
    const lag = async () => (await log.lag('nobody', name))[0]?.records
    expect(await lag()).to.equal(3n)
    const dropped = await dropOldDays(postgres, Date.now())
    expect(dropped.length).to.be.greaterThan(0)
    expect(await log.ends(name)).to.deep.equal([{ partition: 0, first: 2n, next: 3n }])
    expect(await lag()).to.equal(1n)
    expect((await readAll(name)).map(({ value }) => String(value))).to.deep.equal(['new'])
  })

  it('makes the day that an append needs when nobody has made it in time', async () => {
    const name = await topic(1)
    const { id } = await createPostgresTopics(postgres).topic(name)
    const today = new Date().toISOString().slice(0, 10).replaceAll('-', '')
    await postgres.execute(`DROP TABLE eventlog.record_${id}_${today}`)
    const [place] = await log.append(name, [record('k', 'v')])
    expect(place?.offset).to.equal(0n)
  })

  it('goes on after all its connections were cut, and loses nothing that it acknowledged', async () => {
    const name = await topic(2)
    const seen = new Set<string>()
    await using consumer = log.consume('cut', [name], async records => {
      for (const { value } of records) seen.add(String(value))
    })
    const acknowledged: string[] = []
    for (let round = 0; round < 30; round++) {
      const values = Array.from({ length: 10 }, (_, at) => `${round}/${at}`)
      const appending = log.append(
        name,
        values.map(value => record(value, value)),
      )
      if (round % 10 === 5) {
        await postgres.query(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
        )
      }
      await appending.then(
        () => acknowledged.push(...values),
        () => undefined,
      )
    }
    while (acknowledged.some(value => !seen.has(value))) await new Promise(resolve => setTimeout(resolve, 50))
    expect(acknowledged.length).to.be.greaterThan(200)
    expect(consumer.healthy).to.equal(true)
  })
})
