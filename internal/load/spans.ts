import { context, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api'
import { remoteContext } from '#internal/eventlog/traced-log.ts'
import type { Context, Span } from '@opentelemetry/api'
import type { LogRecord } from '#internal/eventlog/log.ts'

/**
 * Does the work of a batch within the traces of its sampled records: each gets a span that ends when the work is
 * done. The work itself stands in the first one's trace; the others are linked to it.
 */
export async function withProcessSpans<T>(records: readonly LogRecord[], work: () => Promise<T>): Promise<T> {
  const [first, ...others] = records
    .map(remoteContext)
    .flatMap((parent, i) => (isSampled(parent) ? [{ parent, record: records[i] as LogRecord }] : []))
  if (first === undefined) return work()

  const leading = startSpan(first.record, first.parent)
  const spans = [leading, ...others.map(({ record, parent }) => startSpan(record, parent, leading))]
  try {
    return await context.with(trace.setSpan(first.parent, leading), work)
  } catch (error) {
    for (const span of spans) fail(span, error)
    throw error
  } finally {
    for (const span of spans) span.end()
  }
}

function isSampled(parent: Context): boolean {
  const remote = trace.getSpanContext(parent)
  return remote !== undefined && (remote.traceFlags & TraceFlags.SAMPLED) !== 0
}

function startSpan({ topic, partition, offset }: LogRecord, parent: Context, leading?: Span): Span {
  const attributes = {
    'messaging.operation.type': 'process',
    'messaging.operation.name': 'process',
    'messaging.destination.name': topic,
    'messaging.destination.partition.id': String(partition),
    'messaging.message.offset': String(offset),
  }
  const links = leading ? [{ context: leading.spanContext() }] : []
  const options = { kind: SpanKind.CONSUMER, attributes, links }
  return trace.getTracer('vitrine').startSpan(`process ${topic}`, options, parent)
}

function fail(span: Span, error: unknown): void {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  span.setAttribute('error.type', name)
  span.setStatus({ code: SpanStatusCode.ERROR, message })
}
