import { trace } from '@opentelemetry/api'
import { expect } from 'chai'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { createFakeHistoryStore } from './fake-store.ts'
import { withStoreTelemetry } from './instrumented-store.ts'
import { defaultHistoryTtl as ttl } from './store.ts'

const now = () => Date.UTC(2026, 10, 1)

describe('the history store, seen from outside', () => {
  const spans = new InMemorySpanExporter()

  before(() => {
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }),
    )
  })
  after(() => trace.disable())
  beforeEach(() => spans.reset())

  it('shows each call as a span and a duration, a failed one too, and nobody’s id', async () => {
    const metrics = createMetrics({ service: 'test', version: '0' })
    const fake = createFakeHistoryStore({ ttl, now })
    const store = withStoreTelemetry(fake, { metrics, adapter: 'postgres' })
    const view = { messageId: 'm', userId: 'user-78', productId: 'product-1', source: 'app' }
    await store.recordViews([{ ...view, timestamp: now() - 1, effectiveTime: now() - 1 }])
    expect(await store.latest('user-78', { limit: 1 })).to.deep.equal(
      await fake.latest('user-78', { limit: 1 }),
    )
    expect(await store.newestEffectiveTime('user-78', 'product-1')).to.equal(now() - 1)
    expect(await store.viewsOfMonth('user-78', '2026-10', 5)).to.have.length(1)
    await store.forgetProduct('user-78', 'product-1', now())
    fake.setAvailable(false)
    const failure: unknown = await store.forgetUser('user-78', now()).catch((error: unknown) => error)
    expect((failure as Error).name).to.equal('Unavailable')

    const operations = [
      'recordViews',
      'latest',
      'newestEffectiveTime',
      'viewsOfMonth',
      'forgetProduct',
      'forgetUser',
    ]
    const finished = spans.getFinishedSpans()
    expect(finished.map(({ name }) => name)).to.deep.equal(operations.map(name => `history.${name}`))
    expect(finished.at(-1)?.attributes['error.type']).to.equal('Unavailable')
    for (const { attributes } of finished) expect(attributes['db.system.name']).to.equal('postgresql')
    const { body } = await metrics.scrape()
    for (const name of operations) {
      expect(body).to.match(
        new RegExp(`vitrine_store_request_duration_seconds_count\\{.*operation="history.${name}".*\\} 1`),
      )
    }
    expect(JSON.stringify(finished.map(({ attributes }) => attributes)) + body).not.to.contain('user-78')
  })
})
