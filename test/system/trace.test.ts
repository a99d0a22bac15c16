import { expect } from 'chai'
import { randomBytes } from 'node:crypto'
import { productViewsTopic } from '#internal/eventlog/topics.ts'
import { engineSets, startOrSkip } from './engine-sets.ts'
import { historyOf, untilLoaded } from './histories.ts'
import { openLog } from './logs.ts'
import { freePort, start, until } from './processes.ts'
import { startTraceReceiver, tracesTo } from './trace-receiver.ts'
import type { EngineSet } from './engine-sets.ts'
import type { Running } from './processes.ts'
import type { ReceivedSpan, TraceReceiver } from './trace-receiver.ts'

const names = ['ingestor', 'loader', 'api'] as const

/** Marks what nobody but the store and the entitled may see. */
const canary = (what: string) => `canary-${what}-${randomBytes(8).toString('hex')}`

function view(user: string, product: string): string {
  return JSON.stringify({ event: 'ProductView', userid: user, properties: { productid: product } })
}

async function send(
  ingestor: Running,
  body: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${ingestor.url}/v1/views`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
}

async function stopAll(processes: readonly Running[]): Promise<void> {
  await Promise.all(processes.map(process => process[Symbol.asyncDispose]()))
}

for (const set of engineSets) {
  describe(`traces on ${set.name}`, function () {
    this.timeout(180_000)
    const driver = set.name.includes('Cassandra') ? 'cassandra-driver' : 'pg'
    const user = canary('user')
    const product = canary('product')
    const traceId = randomBytes(16).toString('hex')
    const callersSpan = randomBytes(8).toString('hex')
    let engines: EngineSet
    let receiver: TraceReceiver
    let running: Running[] = []

    before(async function () {
      engines = await startOrSkip(set, this)
      receiver = await startTraceReceiver()
      running = await Promise.all(names.map(name => start(name, { ...engines.env, ...receiver.env })))
    })
    after(async () => {
      await stopAll(running)
      await receiver?.[Symbol.asyncDispose]()
      await engines?.[Symbol.asyncDispose]()
    })

    it("lead from the shop's call through the log to the row, in one trace", async () => {
      const [ingestor, loader, api] = running as [Running, Running, Running]
      const response = await send(ingestor, view(user, product), {
        traceparent: `00-${traceId}-${callersSpan}-01`,
      })
      expect(response.status).to.equal(202)
      await untilLoaded(loader.opsUrl)
      expect(await historyOf(api.url, user)).to.deep.equal([product])

      const way = await until('the way from the row back to the call', async () => {
        const spans = receiver.spans().filter(span => span.traceId === traceId)
        const ways = spans
          .filter(isOf('vitrine-loader', `@opentelemetry/instrumentation-${driver}`))
          .map(span => ancestors(span, spans))
        return ways.find(found => found.at(-1)?.parentSpanId === callersSpan) ?? null
      })
      expect(way.map(({ service, name }) => `${service}: ${name}`)).to.include.members([
        'vitrine-loader: process product-views',
        'vitrine-ingestor: send product-views',
        'vitrine-ingestor: POST /v1/views',
      ])
      expect(way.some(isOf('vitrine-loader', 'vitrine.store'))).to.equal(true)
      expect(way.some(isOf('vitrine-ingestor', '@opentelemetry/instrumentation-koa'))).to.equal(true)
    })

    it('stand in the answers and the log lines about what went wrong', async () => {
      const [ingestor, loader] = running as [Running, Running]
      const traceparent = `00-${traceId}-${callersSpan}-01`
      const response = await send(ingestor, '{', { traceparent })
      expect(response.status).to.equal(400)
      expect(await response.json()).to.include({ traceId })

      await using log = openLog(engines.env)
      const poison = { key: user, value: Buffer.from('{'), headers: { traceparent } }
      await log.append(productViewsTopic, [poison])
      const line = await until(
        'the line about a dead letter',
        async () =>
          loader
            .log()
            .split('\n')
            .find(text => text.includes('"reasons":["not-json"]')) ?? null,
      )
      expect(JSON.parse(line)).to.include({ level: 'warn', trace_id: traceId })
    })

    it('and metrics and logs name no visitor and no product', async () => {
      const [ingestor, , api] = running as [Running, Running, Running]
      const person = encodeURIComponent(user)
      for (const path of [`history`, `recommendations`, `history?limit=x`, `nothing`]) {
        await (await fetch(`${api.url}/v1/users/${person}/${path}`)).arrayBuffer()
      }
      for (const path of ['user_nav_history_latest_products', 'user_history_recommendations']) {
        await (await fetch(`${api.url}/api/v1/${path}/`, { headers: { 'user-id': user } })).arrayBuffer()
      }
      await (await send(ingestor, view(user, `${product}\u0000`))).arrayBuffer()
      await fetch(`${api.url}/v1/users/${person}/history/${product}`, { method: 'DELETE' })
      await until('the last call in the spans', async () =>
        receiver.spans().some(({ name }) => name === 'DELETE /v1/users/{id}/history/{product}'),
      )
      const metrics = await Promise.all(
        running.map(async ({ opsUrl }) => (await fetch(`${opsUrl}/metrics`)).text()),
      )
      await stopAll(running)
      const logs = running.map(process => process.log())
      for (const seen of [receiver.received(), ...metrics, ...logs]) {
        expect(seen).to.not.include(user)
        expect(seen).to.not.include(product)
      }
    })
  })
}

describe('traces', function () {
  this.timeout(120_000)
  let engines: EngineSet

  before(async () => {
    engines = (await engineSets[0]?.start()) as EngineSet
  })
  after(() => engines[Symbol.asyncDispose]())

  it('are asked of nobody without an endpoint: the answer has no trace id, and all works', async () => {
    await using ingestor = await start('ingestor', engines.env)
    expect((await send(ingestor, view('u', 'p'))).status).to.equal(202)
    const refused = await send(ingestor, '{')
    expect(await refused.json())
      .to.include({ status: 400 })
      .and.not.have.property('traceId')
    expect(ingestor.log()).to.not.include('OTLP')
  })

  it('that nobody takes hold nothing up: a collector that is away costs neither an answer nor a flood of log lines', async () => {
    const away = tracesTo(`http://127.0.0.1:${await freePort()}`)
    await using ingestor = await start('ingestor', { ...engines.env, ...away })
    const quiet = ingestor.log().split('\n').length
    for (let i = 0; i < 50; i += 1) {
      expect((await send(ingestor, view('u', `p${i}`))).status).to.equal(202)
    }
    expect(await ingestor.stop()).to.equal(0)
    const lines = ingestor
      .log()
      .split('\n')
      .slice(quiet - 1)
    expect(lines.length, lines.join('\n')).to.be.below(10)
    for (const line of lines.filter(text => text !== ''))
      expect(() => JSON.parse(line) as unknown, line).to.not.throw()
  })
})

function isOf(service: string, scope: string) {
  return (span: ReceivedSpan) => span.service === service && span.scope === scope
}

/** A span, its parent, and so on up to the first that is not among them. */
function ancestors(span: ReceivedSpan, spans: readonly ReceivedSpan[]): ReceivedSpan[] {
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId)
  return parent ? [span, ...ancestors(parent, spans)] : [span]
}
