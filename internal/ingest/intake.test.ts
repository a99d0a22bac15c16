import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { once } from 'node:events'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseProductView } from '#internal/domain/product-view-json.ts'
import { createFakeLog } from '#internal/eventlog/fake-log.ts'
import { productViewsTopic, topics } from '#internal/eventlog/topics.ts'
import { createApp } from '#internal/http/app.ts'
import { listen } from '#internal/http/listen.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { createIntake } from './intake.ts'
import { maxLineBytes } from './lines.ts'
import { intakeRoutes } from './routes.ts'
import { sendViews, toLog, toUrl } from './send.ts'
import { takeStream } from './stream.ts'
import type { FakeLog } from '#internal/eventlog/fake-log.ts'
import type { Listening } from '#internal/http/listen.ts'
import type { Intake } from './intake.ts'
import type { RejectedLine, Target } from './send.ts'

const now = Date.UTC(2026, 10, 1, 10)
const view = (userid: string, more: object = {}) => ({
  event: 'ProductView',
  messageid: `m-${userid}`,
  userid,
  properties: { productid: 'product-1' },
  context: { source: 'desktop' },
  timestamp: '2026-11-01T09:00:00.000Z',
  ...more,
})

describe('intake', () => {
  let log: FakeLog
  let intake: Intake
  let server: Listening

  beforeEach(async () => {
    log = createFakeLog({ now: () => now })
    await log.ensureTopics(topics({ partitions: 2, historyTtlMs: 86_400_000 }))
    const metrics = createMetrics({ service: 'test', version: '0' })
    intake = createIntake({
      log,
      metrics,
      now: () => now,
      newId: () => 'made',
      eventSource: '/test',
      ignoredUsers: new Set(['guest']),
      maxViewsPerUserPerDay: 3,
    })
    const app = createApp({ routes: intakeRoutes(intake), logger: silentLogger, metrics })
    server = await listen({ app, host: '127.0.0.1', port: 0, portSetting: '--port', auth: 'loopback' })
  })
  afterEach(async () => {
    await server[Symbol.asyncDispose]()
    await log[Symbol.asyncDispose]()
  })

  const inLog = () => log.records(productViewsTopic)
  async function post(body: string | Buffer, type = 'application/json') {
    const response = await fetch(`${server.url}/v1/views`, {
      method: 'POST',
      body: new Uint8Array(Buffer.from(body)),
      headers: { 'content-type': type },
    })
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      body: (await response.json()) as Record<string, unknown>,
    }
  }

  it('puts a view into the log as plain JSON that is a CloudEvent too, keyed by its user', async () => {
    expect(await post(JSON.stringify(view('user-78', { extra: 1 })))).to.deep.include({
      status: 202,
      body: { accepted: 1, refused: 0, verdicts: [{ accepted: true, messageid: 'm-user-78' }] },
    })
    const [record] = inLog()
    expect(record?.key).to.equal('user-78')
    expect(JSON.parse(String(record?.value))).to.deep.equal(view('user-78'))
    expect(record?.headers).to.include({
      ce_id: 'm-user-78',
      ce_type: 'dev.vitrine.product-view.v1',
      ce_source: '/test',
      ce_time: '2026-11-01T09:00:00.000Z',
      ce_specversion: '1.0',
      'content-type': 'application/json',
      'received-at': '2026-11-01T10:00:00.000Z',
    })
  })

  it('gives each view of a list its verdict, so that a bad one refuses only itself', async () => {
    const { status, body } = await post(JSON.stringify([view('a'), view(''), view('guest'), 7, view('b')]))
    expect(status).to.equal(202)
    expect(body).to.include({ accepted: 2, refused: 3 })
    expect(
      (body['verdicts'] as { reason?: string; field?: string }[]).map(({ reason, field }) => [reason, field]),
    ).to.deep.equal([
      [undefined, undefined],
      ['bad-id', '/userid'],
      ['ignored-user', '/userid'],
      ['wrong-type', ''],
      [undefined, undefined],
    ])
    expect(inLog().map(({ key }) => key)).to.have.members(['a', 'b'])
  })

  it('names the field of a view that is refused, and puts nothing into the log', async () => {
    for (const [body, pointer] of [
      [JSON.stringify(view('a', { timestamp: '2026-11-01T10:06:00Z' })), '/timestamp'],
      [JSON.stringify([view('a', { properties: {} })]), '/0/properties/productid'],
      ['[]', ''],
      [JSON.stringify(Array.from({ length: 1_001 }, () => view('a'))), ''],
    ] as const) {
      const answer = await post(body)
      expect(answer.status).to.equal(400)
      expect(answer.body).to.have.nested.property('errors[0].pointer', pointer)
    }
    expect(inLog()).to.deep.equal([])
  })

  it('cuts a user off that looks at more in a day than a person can', async () => {
    const day = (hour: number) => view('robot', { timestamp: `2026-11-01T0${hour}:00:00Z` })
    const dayBefore = view('robot', { timestamp: '2026-10-31T09:00:00Z' })
    const { body } = await post(JSON.stringify([day(1), day(2), day(3), day(4), dayBefore, day(1)]))
    expect(body)
      .to.include({ accepted: 5, refused: 1 })
      .and.to.have.nested.property('verdicts[3].reason', 'too-many-views')
  })

  it('takes a stream with broken lines, and tells which', async () => {
    const lines = [
      JSON.stringify(view('a')),
      '',
      '{"event":',
      'x'.repeat(10_000_000),
      '['.repeat(8_000),
      JSON.stringify(view('b', { __proto__: null })),
    ]
    const bytes = Buffer.concat([
      Buffer.from(`\ufeff${lines.join('\r\n')}\n`),
      Buffer.from([0x7b, 0xff, 0x7d, 0x0a]),
      Buffer.from(JSON.stringify(view('c'))),
    ])
    const { status, body } = await post(bytes, 'application/x-ndjson')
    expect(status).to.equal(200)
    expect(body).to.deep.include({
      lines: 7,
      accepted: 3,
      refused: 4,
      reasons: { 'not-json': 2, 'line-too-long': 1, 'not-utf8': 1 },
    })
    expect((body['errors'] as { line: number }[]).map(({ line }) => line)).to.deep.equal([3, 4, 5, 7])
    expect(inLog().map(({ key }) => key)).to.have.members(['a', 'b', 'c'])
  })

  it('takes an empty stream', async () => {
    expect(await post('', 'application/x-ndjson')).to.deep.include({ status: 200 })
  })

  it('keeps what it judged of a stream that breaks off, so that verdicts and log agree', async () => {
    const socket = connect(server.port, '127.0.0.1')
    const line = `${JSON.stringify(view('a'))}\n`
    socket.write(
      `POST /v1/views HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: 100000\r\n\r\n${line}{"event"`,
    )
    socket.end()
    socket.resume()
    await once(socket, 'close')
    while (inLog().length === 0) await sleep(10)
    expect(inLog().map(({ key }) => key)).to.deep.equal(['a'])
  })

  it('reads a stream no faster than the log takes it', async () => {
    let pending = 0
    let most = 0
    const slow: Intake = {
      ...intake,
      async append(views) {
        pending += views.length
        most = Math.max(most, pending)
        await sleep(1)
        pending -= views.length
      },
    }
    const line = Buffer.from(`${JSON.stringify(view('a'))}\n`.repeat(250))
    async function* long() {
      for (let i = 0; i < 80; i += 1) yield line
    }
    const counts = { lines: 0, accepted: 0, refused: 0, reasons: {}, errors: [] }
    await takeStream(
      long(),
      { ...slow, checkBytes: bytes => parseProductView(bytes, { newId: () => 'm', now }) },
      counts,
    )
    expect(counts).to.include({ lines: 20_000, accepted: 20_000, refused: 0 })
    expect(most).to.be.at.most(2_000)
  })

  it('says when to come back while the log is away, and has counted nothing', async () => {
    log.setAvailable(false)
    const numbered = (number: number) => view('a', { messageid: `m-${number}` })
    for (const [body, type] of [
      [JSON.stringify(numbered(1)), 'application/json'],
      [`${JSON.stringify(numbered(2))}\n`, 'application/x-ndjson'],
    ] as const) {
      const answer = await post(body, type)
      expect(answer.status).to.equal(503)
      expect(Number(answer.retryAfter)).to.be.at.least(1)
    }
    log.setAvailable(true)
    const { body } = await post(JSON.stringify([3, 4, 5].map(numbered)))
    expect(body).to.include({ accepted: 3 })
  })

  describe('of files', () => {
    async function send(lines: string, target: Target) {
      const rejected: RejectedLine[] = []
      const result = await sendViews({
        input: Readable.from([Buffer.from(lines)]),
        target,
        now: () => now,
        newId: () => 'made',
        onRejected: line => void rejected.push(line),
        onProgress: () => {},
        signal: AbortSignal.timeout(15_000),
      })
      return { result, rejected }
    }
    const file = [view('a'), view(''), view('guest'), view('b')].map(line => JSON.stringify(line)).join('\n')

    for (const [way, target] of [
      ['straight to the log', () => toLog(intake)],
      ['by HTTP', () => toUrl(server.url)],
    ] as const) {
      it(`puts each line ${way} or among the rejects, with its reason`, async () => {
        const { result, rejected } = await send(file, target())
        expect(result).to.deep.equal({ lines: 4, accepted: 2, refused: { 'bad-id': 1, 'ignored-user': 1 } })
        expect(
          rejected.map(({ line, reason }) => [line, reason]).sort(([a], [b]) => Number(a) - Number(b)),
        ).to.deep.equal([
          [2, 'bad-id'],
          [3, 'ignored-user'],
        ])
        expect(inLog().map(({ key }) => key)).to.have.members(['a', 'b'])
      })

      it(`knows each view that is refused where none is taken, ${way}`, async () => {
        const { result } = await send(JSON.stringify(view('guest')), target())
        expect(result.refused).to.deep.equal({ 'ignored-user': 1 })
      })
    }

    it('says the same of a line that is too long as the call that takes streams, the limit included', async () => {
      const line = 'x'.repeat(maxLineBytes + 1)
      const { rejected } = await send(line, toLog(intake))
      const { body } = await post(line, 'application/x-ndjson')
      const message = 'the line must not be longer than 16 KiB'
      expect(rejected[0]).to.deep.include({ reason: 'line-too-long', message })
      expect(body).to.have.nested.property('errors[0].message', message)
    })

    it('sends a batch again whose answer was cut off, or that a proxy could not pass on', async () => {
      let asked = 0
      const proxy = createServer((request, response) => {
        asked += 1
        request.resume()
        if (asked === 1) {
          response.writeHead(202, { 'content-length': '100' })
          response.write('{"verdicts"', () => response.destroy())
        } else if (asked === 2) {
          response.writeHead(502, { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }).end('bad gateway')
        } else response.writeHead(202).end('{"verdicts":[{"accepted":true}]}')
      }).listen(0, '127.0.0.1')
      await once(proxy, 'listening')
      const { port } = proxy.address() as AddressInfo
      const { result } = await send(JSON.stringify(view('a')), toUrl(`http://127.0.0.1:${port}`))
      expect([asked, result.accepted]).to.deep.equal([3, 1])
      proxy.closeAllConnections()
      proxy.close()
    })

    it('waits for a log that is away and then sends the same views', async () => {
      log.setAvailable(false)
      setTimeout(() => log.setAvailable(true), 300)
      const { result } = await send(file, toUrl(server.url))
      expect(result.accepted).to.equal(2)
      expect(inLog()).to.have.length(2)
    })
  })
})
