import { context, propagation, trace } from '@opentelemetry/api'
import { expect } from 'chai'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { createFakeLog } from './fake-log.ts'
import { remoteContext, withTracing } from './traced-log.ts'

const topic = { name: 'views', partitions: 1, retentionMs: null, maxRecordBytes: 1_000 }

describe('traced log', () => {
  const spans = new InMemorySpanExporter()

  before(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    propagation.setGlobalPropagator(new W3CTraceContextPropagator())
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }),
    )
  })
  after(() => {
    trace.disable()
    propagation.disable()
    context.disable()
  })
  beforeEach(() => spans.reset())

  it('carries the trace of the caller in each record that has none of its own', async () => {
    await using fake = createFakeLog()
    await fake.ensureTopics([topic])
    const own = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const log = withTracing(fake, 'kafka')
    const traceId = await trace.getTracer('test').startActiveSpan('click', async span => {
      await log.append('views', [
        { key: 'k', value: null, headers: { a: 'b' } },
        { key: 'k', value: null, headers: { traceparent: own } },
      ])
      span.end()
      return span.spanContext().traceId
    })
    const [first, second] = fake.records('views')
    if (!first || !second) throw new Error('both records are in the log')
    expect(first.headers['a']).to.equal('b')
    expect(trace.getSpanContext(remoteContext(first))?.traceId).to.equal(traceId)
    expect(second.headers['traceparent']).to.equal(own)
    const [send] = spans.getFinishedSpans()
    expect(send?.name).to.equal('send views')
    expect(send?.attributes['messaging.system']).to.equal('kafka')
    expect(trace.getSpanContext(remoteContext(first))?.spanId).to.equal(send?.spanContext().spanId)
  })

  it('marks the span of an append that failed, and passes the error on', async () => {
    await using fake = createFakeLog()
    await fake.ensureTopics([topic])
    fake.setAvailable(false)
    const error: unknown = await withTracing(fake, 'kafka')
      .append('views', [{ key: 'k', value: null, headers: {} }])
      .catch((reason: unknown) => reason)
    expect((error as Error).name).to.equal('Unavailable')
    expect(spans.getFinishedSpans()[0]?.attributes['error.type']).to.equal('Unavailable')
  })
})
