import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Context } from '@opentelemetry/api'
import type { EventLog, LogRecord, NewRecord } from './log.ts'

export type MessagingSystem = 'kafka' | 'vitrine-postgres'

/**
 * Puts the current trace into each record that carries none, so that whoever reads it continues the trace of the
 * click, and makes a span of each append.
 */
export function withTracing(log: EventLog, system: MessagingSystem): EventLog {
  const tracer = trace.getTracer('vitrine')
  return {
    ensureTopics: topics => log.ensureTopics(topics),
    consume: (group, topics, handle, options) => log.consume(group, topics, handle, options),
    readAll: (topic, from, handle, options) => log.readAll(topic, from, handle, options),
    ends: topic => log.ends(topic),
    lag: (group, topic) => log.lag(group, topic),
    ping: () => log.ping(),
    [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),

    append(topic, records) {
      const attributes = {
        'messaging.system': system,
        'messaging.operation.type': 'send',
        'messaging.operation.name': 'send',
        'messaging.destination.name': topic,
        'messaging.batch.message_count': records.length,
      }
      return tracer.startActiveSpan(`send ${topic}`, { kind: SpanKind.PRODUCER, attributes }, async span => {
        try {
          return await log.append(topic, withTrace(records))
        } catch (error) {
          const { name, message } = error as Error
          span.setAttribute('error.type', name)
          span.setStatus({ code: SpanStatusCode.ERROR, message })
          throw error
        } finally {
          span.end()
        }
      })
    },
  }
}

function withTrace(records: readonly NewRecord[]): readonly NewRecord[] {
  const carried: Record<string, string> = {}
  propagation.inject(context.active(), carried)
  if (carried['traceparent'] === undefined) return records
  return records.map(record =>
    record.headers['traceparent'] === undefined
      ? { ...record, headers: { ...record.headers, ...carried } }
      : record,
  )
}

/** The trace that a record belongs to, as its headers say; without any, an empty context. */
export function remoteContext(record: Pick<LogRecord, 'headers'>): Context {
  return propagation.extract(ROOT_CONTEXT, record.headers)
}
