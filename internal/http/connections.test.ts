import { expect } from 'chai'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { createApp } from './app.ts'
import { chunksOf } from './body.ts'
import { listen } from './listen.ts'
import { route } from './route.ts'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { App } from './app.ts'
import type { Listening } from './listen.ts'

const texts = {
  tag: 'Test',
  scope: null,
  summary: 'A test',
  description: 'A test',
  answers: { 200: { description: 'It.', schema: z.unknown(), example: {} } },
  personal: false,
}

/** Collects what the server sends until it closes the connection. */
function received(socket: Socket): { text: () => string; until: (part: string) => Promise<void> } {
  let text = ''
  socket.on('data', chunk => {
    text += chunk.toString()
  })
  return {
    text: () => text,
    async until(part) {
      while (!text.includes(part)) await once(socket, 'data')
    },
  }
}

describe('connections', () => {
  const metrics = createMetrics({ service: 'test', version: '0' })
  const logged: string[] = []
  const logger: Logger = { ...silentLogger, error: (_, message) => void logged.push(message) }
  let app: App
  let server: Listening
  let started: PromiseWithResolvers<void>
  let release: PromiseWithResolvers<void>

  beforeEach(async () => {
    started = Promise.withResolvers()
    release = Promise.withResolvers()
    logged.length = 0
    const routes = [
      route({
        ...texts,
        method: 'GET',
        path: '/slow',
        operationId: 'slow',
        async handle() {
          started.resolve()
          await release.promise
          return { status: 200, body: { done: true } }
        },
      }),
      route({
        ...texts,
        method: 'GET',
        path: '/named',
        operationId: 'named',
        requestHeaders: z.object({ 'user-id': z.string({ error: 'must be given' }) }),
        handle: async ({ headers }) => ({ status: 200, body: headers }),
      }),
      route({
        ...texts,
        method: 'POST',
        path: '/sent',
        operationId: 'sent',
        body: z.unknown(),
        streams: ['application/x-ndjson'],
        async handle({ stream, contentType }) {
          if (contentType === 'application/json') return { status: 200, body: {} }
          started.resolve()
          for await (const chunk of chunksOf(stream)) if (chunk.includes('stop')) break
          return { status: 200, body: { read: 'enough' } }
        },
      }),
    ]
    app = createApp({ routes, logger, metrics })
    server = await serve(0)
  })
  afterEach(async () => {
    release.resolve()
    await server[Symbol.asyncDispose]()
  })

  const serve = (drainMs: number) =>
    listen({ app, host: '127.0.0.1', port: 0, portSetting: '--port', auth: 'loopback', drainMs })

  async function open(): Promise<Socket> {
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => {})
    await once(socket, 'connect')
    return socket
  }

  it('are answered and then closed when the server stops, and idle ones are closed at once', async () => {
    const [idle, busy] = [await open(), await open()]
    const answer = received(busy)
    busy.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')
    await started.promise
    const stopped = server[Symbol.asyncDispose]()
    await once(idle, 'close')
    release.resolve()
    await once(busy, 'close')
    await stopped
    expect(answer.text())
      .to.match(/^HTTP\/1\.1 200 /)
      .and.to.match(/connection: close/i)
    expect(answer.text()).to.contain('{"done":true}')
    expect(
      await fetch(`${server.url}/slow`).then(
        () => 'answered',
        () => 'refused',
      ),
    ).to.equal('refused')
  })

  it('that clients keep are never closed under a request while a server drains, which ends when nobody is connected', async () => {
    const draining = await serve(15_000)
    const kept = connect(draining.port, '127.0.0.1')
    const answer = received(kept)
    kept.write('GET /named HTTP/1.1\r\nHost: x\r\nuser-id: first\r\n\r\n')
    await answer.until('{"user-id":"first"}')
    const stopped = draining[Symbol.asyncDispose]()
    await sleep(200)
    kept.write('GET /named HTTP/1.1\r\nHost: x\r\nuser-id: second\r\n\r\n')
    await once(kept, 'close')
    expect(answer.text().split('HTTP/1.1 200 ')[2])
      .to.match(/connection: close/i)
      .and.to.include('second')
    await stopped
  })

  it('are left by clients that heed how long to keep them, before a server that drains closes them', async () => {
    const draining = await serve(60_000)
    // Node heeds it only with a time of its own.
    const agent = new Agent({ keepAlive: true, timeout: 60_000 })
    const response = await new Promise<IncomingMessage>((resolve, reject) =>
      get(`${draining.url}/named`, { agent, headers: { 'user-id': 'u' } }, resolve).once('error', reject),
    )
    response.resume()
    await once(response, 'end')
    expect(response.statusCode).to.equal(200)
    expect(response.headers['keep-alive']).to.equal('timeout=4')
    expect(response.headers.connection).to.equal('keep-alive')
    await draining[Symbol.asyncDispose]()
    agent.destroy()
  })

  it('get their answer and go on though the body was not read to its end', async () => {
    const socket = await open()
    const answer = received(socket)
    socket.write(
      'POST /sent HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nstop\n\r\n',
    )
    await answer.until('{"read":"enough"}')
    socket.write(
      `10000\r\n${'x'.repeat(0x10000)}\r\n0\r\n\r\nGET /named HTTP/1.1\r\nHost: x\r\nuser-id: u\r\n\r\n`,
    )
    await answer.until('{"user-id":"u"}')
    socket.destroy()
  })

  it('are told that a body is too large while they still send it', async () => {
    const socket = await open()
    const answer = received(socket)
    socket.write(
      'POST /sent HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    const megabyte = 'x'.repeat(0x100000)
    socket.write(`100000\r\n${megabyte}\r\n100000\r\n${megabyte}\r\n`)
    await answer.until('"too-large"')
    expect(answer.text()).to.match(/^HTTP\/1\.1 413 /)
    socket.destroy()
  })

  it('are told in words that path, query and headers are too large, while they still send them', async () => {
    const socket = await open()
    const answer = received(socket)
    socket.write(`GET /named?${'x'.repeat(0x100000)} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await once(socket, 'close')
    expect(answer.text()).to.match(/^HTTP\/1\.1 431 /)
    expect(answer.text()).to.contain('"code":"headers-too-large"')
  })

  it('are told in words that what they send is no request', async () => {
    const socket = await open()
    const answer = received(socket)
    socket.write('what is this\r\n\r\n')
    await once(socket, 'close')
    expect(answer.text()).to.match(/^HTTP\/1\.1 400 /)
    expect(answer.text()).to.contain('"code":"invalid-input"')
  })

  it('that break off are no fault of ours', async () => {
    const socket = await open()
    socket.write(
      'POST /sent HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n',
    )
    await started.promise
    socket.destroy()
    let scraped = ''
    while (!scraped.includes('http_response_status_code="499"')) {
      await sleep(10)
      scraped = (await metrics.scrape()).body
    }
    expect(logged).to.deep.equal([])
  })

  it('may name people in UTF-8, also in headers', async () => {
    const ask = async (value: Buffer) => {
      const socket = await open()
      const answer = received(socket)
      socket.write(
        Buffer.concat([
          Buffer.from('GET /named HTTP/1.1\r\nHost: x\r\nConnection: close\r\nuser-id: '),
          value,
          Buffer.from('\r\n\r\n'),
        ]),
      )
      await once(socket, 'close')
      return answer.text()
    }
    expect(await ask(Buffer.from('Zoë-北'))).to.contain('{"user-id":"Zoë-北"}')
    expect(await ask(Buffer.from([0xff]))).to.contain(
      '"errors":[{"header":"user-id","message":"must be UTF-8"}]',
    )
  })

  it('cannot fill the metrics with methods of their own', async () => {
    const response = await fetch(`${server.url}/named`, { method: 'PROPFIND' })
    expect(response.status).to.equal(405)
    const { body } = await metrics.scrape()
    expect(body).to.contain('http_request_method="_OTHER"').and.to.not.contain('PROPFIND')
  })
})
