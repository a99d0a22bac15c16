import { expect } from 'chai'
import { connect } from 'node:net'
import { once } from 'node:events'
import { z } from 'zod'
import { InvalidInput, Misconfigured, Unavailable } from '#internal/errors/errors.ts'
import { createReadiness } from '#internal/process/health.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { createApp } from './app.ts'
import { isLoopback, listen } from './listen.ts'
import { opsRoutes } from './ops.ts'
import { route } from './route.ts'
import type { Listening } from './listen.ts'

const metrics = createMetrics({ service: 'test', version: '0' })
const readiness = createReadiness()
const answers = { 200: { description: 'It.', schema: z.unknown(), example: {} } }
const texts = { tag: 'Test', scope: null, summary: 'A test', description: 'A test', answers }

const failures: Record<string, () => Error> = {
  input: () => new InvalidInput('field must be good', 'field'),
  away: () => new Unavailable('the log is away', { retryAfterSeconds: 7 }),
  bug: () => new Error('secret of the house'),
}

const routes = [
  route({
    ...texts,
    method: 'GET',
    path: '/things/{id}',
    operationId: 'thing',
    params: z.object({ id: z.string() }),
    query: z.object({
      limit: z.string().regex(/^\d+$/, { error: 'must be a number' }).optional(),
      tag: z.array(z.string()).default([]),
    }),
    personal: true,
    handle: async ({ params, query }) => ({ status: 200, body: { id: params.id, tag: query.tag } }),
  }),
  route({
    ...texts,
    method: 'POST',
    path: '/things',
    operationId: 'make',
    body: z.object({ name: z.string() }),
    personal: false,
    handle: async ({ body }) => ({ status: 200, body: { name: body.name } }),
  }),
  route({
    ...texts,
    method: 'GET',
    path: '/fails/{how}',
    operationId: 'fail',
    params: z.object({ how: z.string() }),
    personal: false,
    handle: async ({ params }) => {
      throw failures[params.how]?.() ?? new Error('which?')
    },
  }),
  route({
    ...texts,
    method: 'GET',
    path: '/older',
    operationId: 'older',
    requestHeaders: z.object({ 'user-id': z.string({ error: 'Missing userid parameter' }) }),
    refusal: (_, message) => ({ Error: message }),
    personal: true,
    handle: async ({ headers }) => ({ status: 200, body: { user: headers['user-id'] } }),
  }),
  ...opsRoutes({ readiness, metrics }),
]

describe('http', () => {
  let server: Listening
  before(async () => {
    const app = createApp({
      routes,
      logger: silentLogger,
      metrics,
      info: { title: 'T', version: '1', description: 'd' },
    })
    server = await listen({ app, host: '127.0.0.1', port: 0, portSetting: '--port', auth: 'loopback' })
  })
  after(async () => server[Symbol.asyncDispose]())

  async function ask(path: string, init?: RequestInit) {
    const response = await fetch(server.url + path, init)
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') ?? false
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? (JSON.parse(text) as Record<string, unknown>) : text,
    }
  }
  const post = (body: string | Buffer, type = 'application/json') =>
    ask('/things', {
      method: 'POST',
      body: new Uint8Array(Buffer.from(body)),
      headers: { 'content-type': type },
    })

  it('answers with and without the trailing slash, and lets nobody cache what is about a person', async () => {
    for (const path of ['/things/a%2Fb?tag=x&tag=y', '/things/a%2Fb/?tag=x&tag=y']) {
      const { status, body, headers } = await ask(path)
      expect(status).to.equal(200)
      expect(body).to.deep.equal({ id: 'a/b', tag: ['x', 'y'] })
      expect(headers.get('cache-control')).to.equal('no-store')
      expect(headers.get('x-content-type-options')).to.equal('nosniff')
      expect(headers.get('x-powered-by')).to.equal(null)
    }
  })

  const bad: [string, () => ReturnType<typeof ask>, number, object | null][] = [
    [
      'a wrong parameter',
      () => ask('/things/a?limit=x'),
      400,
      { parameter: 'limit', message: 'must be a number' },
    ],
    [
      'an unknown parameter',
      () => ask('/things/a?nope=1'),
      400,
      { parameter: 'nope', message: 'is not known here' },
    ],
    [
      'a parameter that comes twice',
      () => ask('/things/a?limit=1&limit=2'),
      400,
      { parameter: 'limit', message: 'must come once' },
    ],
    [
      'a parameter named __proto__',
      () => ask('/things/a?__proto__=1'),
      400,
      { parameter: '__proto__', message: 'is not known here' },
    ],
    ['a broken path', () => ask('/things/%ff'), 400, null],
    ['broken JSON', () => post('{'), 400, { pointer: '', message: 'must be JSON' }],
    ['broken UTF-8', () => post(Buffer.from([0x22, 0xff, 0x22])), 400, null],
    ['a field of the wrong type', () => post('{"name":7}'), 400, null],
    [
      'another content type',
      () => post('x', 'text/plain'),
      415,
      { header: 'content-type', message: 'must be application/json' },
    ],
    ['a body that is too large', () => post(`{"name":"${'x'.repeat(1024 * 1024)}"}`), 413, null],
    ['an unknown path', () => ask('/nothing'), 404, null],
    ['another method', () => ask('/things/a', { method: 'DELETE' }), 405, null],
    [
      'a failure that names its field',
      () => ask('/fails/input'),
      400,
      { parameter: 'field', message: 'field must be good' },
    ],
  ]
  for (const [what, call, status, detail] of bad) {
    it(`answers ${what} with ${status} in words`, async () => {
      const answer = await call()
      expect(answer.status).to.equal(status)
      expect(answer.headers.get('content-type')).to.equal('application/problem+json')
      expect(answer.body).to.include({ status }).and.to.include.keys('type', 'title', 'detail', 'code')
      if (detail) expect(answer.body).to.deep.nested.include({ 'errors[0]': detail })
    })
  }

  it('names the methods that a path takes', async () => {
    const { headers } = await ask('/things/a', { method: 'DELETE' })
    expect(headers.get('allow')).to.equal('GET, HEAD')
  })

  it('says when to come back while an engine is away', async () => {
    const { status, headers } = await ask('/fails/away')
    expect([status, headers.get('retry-after')]).to.deep.equal([503, '7'])
  })

  it('shows nothing of a fault inside', async () => {
    const { status, body } = await ask('/fails/bug')
    expect(status).to.equal(500)
    expect(JSON.stringify(body)).to.not.match(/secret|stack|at /)
  })

  it('keeps the older body of refusals where a route has one', async () => {
    expect((await ask('/older')).body).to.deep.equal({ Error: 'Missing userid parameter' })
  })

  it('refuses TRACE', async () => {
    const socket = connect(server.port, '127.0.0.1')
    socket.write('TRACE /things/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).to.match(/^HTTP\/1.1 405 /)
    socket.destroy()
  })

  it('counts by route, never by path', async () => {
    await ask('/things/somebody')
    await ask('/what/ever')
    const { body } = await ask('/metrics')
    expect(body).to.contain('http_route="/things/{id}"').and.to.contain('http_route="unmatched"')
    expect(body).to.not.contain('somebody')
  })

  it('is ready only while all its parts are', async () => {
    let problem: string | null = 'the log is away'
    readiness.add('log', () => problem)
    expect(await ask('/readyz')).to.include({ status: 503, body: 'log: the log is away\n' })
    expect((await ask('/livez')).status).to.equal(200)
    problem = null
    expect((await ask('/readyz')).status).to.equal(200)
  })

  it('describes itself in OpenAPI 3.1', async () => {
    const { body } = await ask('/openapi.json')
    expect(body).to.include({ openapi: '3.1.0' })
    expect(body).to.have.nested.property('paths./things/{id}.get.parameters').with.length(3)
  })

  it('says which port is taken and what to do', async () => {
    const app = createApp({ routes: [], logger: silentLogger, metrics })
    const second = listen({
      app,
      host: '127.0.0.1',
      port: server.port,
      portSetting: '--port',
      auth: 'loopback',
    })
    const error: unknown = await second.then(
      () => null,
      (reason: unknown) => reason,
    )
    expect(error).to.be.instanceOf(Misconfigured)
    expect((error as Error).message).to.match(/port \d+ is taken .*--port/)
  })

  it('refuses to listen beyond loopback unless that is meant', async () => {
    const app = createApp({ routes: [], logger: silentLogger, metrics })
    const beyond = listen({ app, host: '0.0.0.0', port: 0, portSetting: '--port', auth: 'loopback' })
    expect(
      await beyond.then(
        () => null,
        (reason: unknown) => reason,
      ),
    ).to.be.instanceOf(Misconfigured)
    await using meant = await listen({ app, host: '0.0.0.0', port: 0, portSetting: '--port', auth: 'none' })
    expect(meant.port).to.be.greaterThan(0)
    expect(
      ['127.0.0.1', '::1', 'localhost', '0.0.0.0', '10.0.0.1', '127.evil.example'].map(isLoopback),
    ).to.deep.equal([true, true, true, false, false, false])
  })
})
