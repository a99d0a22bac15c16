import { expect } from 'chai'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeRunReport, maxReportBytes } from '#internal/etlschedule/run-report.ts'
import { openDatabase, shopTables } from '#internal/orders/test-support.ts'
import { run, runsEtl, until } from './processes.ts'
import { startTraceReceiver } from './trace-receiver.ts'
import type { RunReport } from '#internal/etlschedule/run-report.ts'
import type { TestDatabase } from '#internal/orders/test-support.ts'

const twoLines = `
  INSERT INTO products (product_id, category_id) VALUES ('hat', 'wear'), ('shoe', 'wear');
  INSERT INTO orders (order_id, user_id, created_at) VALUES ('o1', 'anna', now() - interval '1 hour');
  INSERT INTO order_items (order_id, product_id, quantity) VALUES ('o1', 'hat', 1), ('o1', 'shoe', 1);`
const nobody = 'postgres://vitrine:hush-hush@127.0.0.1:1/nobody'

interface Ended {
  readonly code: number | null
  readonly report: RunReport
  readonly stdout: string
}

describe('a run as a Job', function () {
  this.timeout(120_000)
  let opened: AsyncDisposableStack
  let shop: TestDatabase
  let folder: string
  let env: Record<string, string>

  beforeEach(async () => {
    opened = new AsyncDisposableStack()
    folder = await mkdtemp(join(tmpdir(), 'vitrine-etl-'))
    opened.defer(async () => rm(folder, { recursive: true }))
    shop = opened.use(await openDatabase(shopTables + twoLines))
    const ours = opened.use(await openDatabase())
    env = {
      VITRINE_POSTGRES_URL: ours.url,
      VITRINE_SHOP_URL: shop.url,
      VITRINE_PIPELINE: 'orders',
      VITRINE_TERMINATION_MESSAGE: join(folder, 'termination-log'),
    }
    const { code, stderr } = await run(['init'], env)
    expect(code, stderr).to.equal(0)
  })
  afterEach(async () => opened.disposeAsync())

  const messageOf = async () => {
    const text = await readFile(join(folder, 'termination-log'), 'utf8')
    expect(Buffer.byteLength(text)).to.be.at.most(maxReportBytes)
    const report = decodeRunReport(text)
    if (!report) throw new Error(`no report: ${text}`)
    return report
  }
  const runWith = async (change: Record<string, string> = {}): Promise<Ended> => {
    const { code, stdout } = await runsEtl({ ...env, ...change }).end
    return { code, stdout, report: await messageOf() }
  }

  it('ends with 0 and its figures as termination message, the same as on standard output', async () => {
    const { code, report, stdout } = await runWith()
    expect(code).to.equal(0)
    expect(report).to.include({ pipeline: 'orders', result: 'Succeeded', rowsRead: 2, rowsDeleted: 0 })
    const printed = JSON.parse(stdout) as { rowsWritten: number; watermark: string }
    expect(report.rowsWritten).to.equal(printed.rowsWritten)
    expect(Date.parse(report.watermark ?? '')).to.equal(
      Math.floor(Date.parse(printed.watermark) / 1_000) * 1_000,
    )
    expect(report).to.not.have.property('traceId')
  })

  it('ends with 1 where another try may help: the shop or the store is away, or not yet made', async () => {
    await using bare = await openDatabase()
    const causes = { VITRINE_SHOP_URL: nobody, VITRINE_POSTGRES_URL: nobody }
    for (const [name, url] of Object.entries(causes)) {
      const { code, report } = await runWith({ [name]: url })
      expect({ code, result: report.result }, name).to.deep.equal({ code: 1, result: 'Failed' })
      expect(report.message)
        .to.match(/127\.0\.0\.1:1\/nobody is away/)
        .and.not.match(/hush-hush/)
    }
    expect(await runWith({ VITRINE_POSTGRES_URL: bare.url })).to.include({ code: 1 })
  })

  it('ends with 2 where waiting does not help: settings, a password, a query, a table, the guard', async () => {
    const wrongUser = new URL(shop.url)
    wrongUser.username = 'nobody-knows'
    wrongUser.password = 'hush-hush'
    const causes: [Record<string, string>, RegExp][] = [
      [{ VITRINE_SHOP_URL: 'mysql://u:hush-hush@shop' }, /VITRINE_SHOP_URL must be a PostgreSQL URI/],
      [
        { VITRINE_SHOP_URL: '', VITRINE_WINDOW: 'long' },
        /VITRINE_SHOP_URL is not set\nVITRINE_WINDOW must be/,
      ],
      [{ VITRINE_POSTGRES_URL: '' }, /VITRINE_POSTGRES_URL is not set/],
      [{ VITRINE_SHOP_URL: wrongUser.href }, /refuses the connection/],
      [{ VITRINE_QUERY: 'DELETE FROM orders' }, /must be one SELECT/],
      [{ VITRINE_QUERY: 'SELECT 1 AS orderid' }, /no column productid/],
      [{ VITRINE_GUARD_MIN_ROWS: '3' }, /2 rows, fewer than/],
    ]
    for (const [change, expected] of causes) {
      const { code, report } = await runWith(change)
      expect(code, String(expected)).to.equal(2)
      expect(report.result).to.be.oneOf(['Failed', 'Refused'])
      expect(report.message)
        .to.match(expected)
        .and.not.match(/hush-hush/)
    }
    const { code, report } = await runWith({
      VITRINE_GUARD_MIN_ROWS: '3',
      VITRINE_GUARD_OVERRIDE: 'on 2026-11-01',
    })
    expect({ code, result: report.result }).to.deep.equal({ code: 0, result: 'Succeeded' })
    expect(report.message).to.match(/^let through although .* fewer than/)
  })

  it('says that it was told to stop, and ends with 1', async () => {
    const query = `SELECT order_id AS orderid, product_id AS productid, 'c' AS categoryid, quantity, 'u' AS userid,
      now() AS messagetime FROM order_items, LATERAL (SELECT pg_sleep(60 + quantity)) AS waiting`
    const { child, end } = runsEtl({ ...env, VITRINE_QUERY: query })
    await until('the run is at the shop', async () => {
      const running = await shop.postgres.query("SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
      return running.length > 0
    })
    child.kill('SIGTERM')
    expect(await end).to.include({ code: 1 })
    const report = await messageOf()
    expect(report).to.include({ result: 'Failed', pipeline: 'orders' })
    expect(report.message).to.match(/stopped before its end; nothing was published/)
  })

  it('continues the trace of whoever started it, and names the trace in its report', async () => {
    const receiver = opened.use(await startTraceReceiver())
    const [traceId, parent] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')]
    const { report } = await runWith({
      ...receiver.env,
      TRACEPARENT: `00-${traceId}-${parent}-01`,
      VITRINE_SCHEDULE: 'nightly',
    })
    expect(report.traceId).to.equal(traceId)
    const span = await until(
      'the span of the run',
      async () =>
        receiver.spans().find(({ name, parentSpanId }) => name === 'etl orders' && parentSpanId === parent) ??
        null,
    )
    expect(span.traceId).to.equal(traceId)
    for (const value of ['nightly', 'Succeeded'])
      expect(receiver.received()).to.include(`{"stringValue":"${value}"}`)
  })
})
