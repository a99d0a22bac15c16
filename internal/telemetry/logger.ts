import { trace } from '@opentelemetry/api'
import { pino } from 'pino'

/**
 * How often a healthy system may write each level: error never, warn a few times a day, info at start, stop and
 * change of state, debug anything. Ids of people and products stay at debug.
 */
export interface Logger {
  error(fields: object, message: string): void
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
  debug(fields: object, message: string): void
}

/** JSON lines on standard error, so that standard output stays what a command prints; each with the trace it belongs to. */
export function createLogger(options: { service: string; level: string }): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
      mixin() {
        const context = trace.getActiveSpan()?.spanContext()
        return context ? { trace_id: context.traceId, span_id: context.spanId } : {}
      },
    },
    pino.destination({ dest: 2, sync: true }),
  )
}

/** Says nothing; for tests and for commands that speak for themselves. */
export const silentLogger: Logger = { error() {}, warn() {}, info() {}, debug() {} }
