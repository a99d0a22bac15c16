import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { tracesAreWanted } from './tracing.ts'
import type { AddressInfo } from 'node:net'

/** A service as the commands start theirs: tracing first, then what loads koa. It asks itself once, then ends. */
const program = `
  import { flushTelemetry, prepareTelemetry } from '#internal/telemetry/tracing.ts'
  await prepareTelemetry('vitrine-test', process.env)
  const { createApp } = await import('#internal/http/app.ts')
  const { listen } = await import('#internal/http/listen.ts')
  const { createMetrics } = await import('#internal/telemetry/metrics.ts')
  const route = {
    method: 'GET', path: '/users/{id}', operationId: 'user', tag: 'T', summary: '', description: '',
    answers: {}, personal: true, handle: async () => ({ status: 200, body: {} }),
  }
  const logger = { error() {}, warn() {}, info() {}, debug() {} }
  const metrics = createMetrics({ service: 'test', version: '0' })
  const app = createApp({ routes: [route], logger, metrics })
  {
    await using server = await listen({ app, host: '127.0.0.1', port: 0, portSetting: '', auth: 'loopback' })
    await fetch(server.url + '/users/somebody', { headers: { traceparent: process.env.PARENT } })
  }
  await flushTelemetry()
`

interface Span {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly kind: number
  readonly attributes: readonly { key: string; value: unknown }[]
}

interface Export {
  readonly resourceSpans: {
    resource: { attributes: { key: string; value: unknown }[] }
    scopeSpans: { scope: { name: string }; spans: Span[] }[]
  }[]
}

/** Takes OTLP in JSON and remembers which paths were asked. */
async function openReceiver() {
  const asked: string[] = []
  const exports: Export[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      exports.push(JSON.parse(Buffer.concat(chunks).toString()) as Export)
      response.setHeader('content-type', 'application/json').end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    resources: () => exports.flatMap(({ resourceSpans }) => resourceSpans.map(({ resource }) => resource)),
    scopes: () => exports.flatMap(({ resourceSpans }) => resourceSpans.flatMap(spans => spans.scopeSpans)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const caller = '00f067aa0ba902b7'

async function runService(environment: Record<string, string>): Promise<number | null> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    env: { PATH: process.env['PATH'] ?? '', PARENT: `00-${traceId}-${caller}-01`, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 15_000,
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code
}

describe('tracing', () => {
  it("continues the caller's trace through the server and koa, and never shows who was asked about", async () => {
    await using receiver = await openReceiver()
    const code = await runService({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    })
    expect(code).to.equal(0)
    const spansOf = (scope: string) =>
      receiver.scopes().flatMap(found => (found.scope.name === scope ? found.spans : []))
    const [server] = spansOf('vitrine.http')
    const [koa] = spansOf('@opentelemetry/instrumentation-koa')
    expect(server).to.include({ name: 'GET /users/{id}', traceId, parentSpanId: caller, kind: 2 })
    expect(koa).to.include({ traceId, parentSpanId: server?.spanId })
    expect(JSON.stringify(receiver.scopes())).to.not.contain('somebody')
    expect(JSON.stringify(receiver.resources())).to.contain('vitrine-test').and.to.not.contain('process.')
    expect(new Set(receiver.asked)).to.deep.equal(new Set(['/v1/traces']))
  })

  it("leaves out what the caller's sampling or the operator's leaves out", async () => {
    await using receiver = await openReceiver()
    const code = await runService({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_TRACES_SAMPLER: 'always_off',
    })
    expect(code).to.equal(0)
    expect(receiver.asked).to.deep.equal([])
  })

  it('lets a process end when nobody takes the spans', async () => {
    const nobody = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_EXPORTER_OTLP_TIMEOUT: '500' }
    expect(await runService(nobody)).to.equal(0)
  })

  it('is off until somebody says where traces go', () => {
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }
    expect(tracesAreWanted({})).to.equal(false)
    expect(tracesAreWanted(endpoint)).to.equal(true)
    expect(
      tracesAreWanted({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces' }),
    ).to.equal(true)
    expect(tracesAreWanted({ ...endpoint, OTEL_SDK_DISABLED: 'true' })).to.equal(false)
    expect(tracesAreWanted({ ...endpoint, OTEL_TRACES_EXPORTER: 'none' })).to.equal(false)
  })
})
