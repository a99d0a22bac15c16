import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { expect } from 'chai'
import { withProcessSpans } from './spans.ts'
import type { LogRecord } from '#internal/eventlog/log.ts'

const traceId = (n: number) => String(n).padStart(32, '0')
const record = (n: number, flags: '00' | '01' | null): LogRecord => ({
  topic: 'product-views',
  partition: 1,
  offset: BigInt(n),
  appendTime: 0,
  key: null,
  value: null,
  headers: flags === null ? {} : { traceparent: `00-${traceId(n)}-${'1'.repeat(16)}-${flags}` },
})

describe('the spans of a batch', () => {
  const exporter = new InMemorySpanExporter()

  before(() => {
    trace.disable()
    context.disable()
    propagation.disable()
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
    )
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  })
  beforeEach(() => exporter.reset())
  after(() => {
    trace.disable()
    context.disable()
    propagation.disable()
  })

  it('continue each sampled record’s trace, do the work in the first one’s, and link the others to it', async () => {
    const records = [record(1, null), record(2, '00'), record(3, '01'), record(4, '01')]
    const workedIn = await withProcessSpans(records, async () => trace.getActiveSpan()?.spanContext().traceId)
    expect(workedIn).to.equal(traceId(3))

    const spans = exporter.getFinishedSpans()
    expect(spans.map(span => [span.name, span.kind, span.spanContext().traceId])).to.deep.equal([
      ['process product-views', SpanKind.CONSUMER, traceId(3)],
      ['process product-views', SpanKind.CONSUMER, traceId(4)],
    ])
    expect(spans.map(span => span.parentSpanContext?.spanId)).to.deep.equal(['1'.repeat(16), '1'.repeat(16)])
    expect(spans.map(span => span.links.map(link => link.context.traceId))).to.deep.equal([[], [traceId(3)]])
  })

  it('are none when no record is sampled', async () => {
    expect(await withProcessSpans([record(1, null), record(2, '00')], async () => 'done')).to.equal('done')
    expect(exporter.getFinishedSpans()).to.deep.equal([])
  })

  it('say that the work failed', async () => {
    const failure = new Error('away')
    const seen = await withProcessSpans([record(1, '01')], () => Promise.reject(failure)).catch(
      (error: unknown) => error,
    )
    expect(seen).to.equal(failure)
    expect(exporter.getFinishedSpans().map(span => span.status)).to.deep.equal([
      { code: SpanStatusCode.ERROR, message: 'away' },
    ])
  })
})
