import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Metrics } from './metrics.ts'

/** Runs one call of a store, timed and as a client span of the caller's trace. */
export type StoreCall = <T>(operation: string, call: () => Promise<T>) => Promise<T>

/** Times calls as `vitrine_store_request_duration_seconds`; `adapter` is the engine's name. */
export function observeStoreCalls(metrics: Metrics, adapter: string): StoreCall {
  const tracer = trace.getTracer('vitrine.store')
  const duration = metrics.histogram({
    name: 'vitrine_store_request_duration_seconds',
    help: 'Time that a call of the store took, by operation.',
    labels: ['operation', 'outcome'],
  })
  const attributes = { 'db.system.name': adapter === 'postgres' ? 'postgresql' : adapter }
  return (operation, call) =>
    tracer.startActiveSpan(operation, { kind: SpanKind.CLIENT, attributes }, async span => {
      const started = performance.now()
      let outcome = 'failed'
      try {
        const value = await call()
        outcome = 'done'
        return value
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR })
        span.setAttribute('error.type', error instanceof Error ? error.name : 'unknown')
        throw error
      } finally {
        duration.observe({ operation, outcome }, (performance.now() - started) / 1000)
        span.end()
      }
    })
}

/** The names of a store's methods that answer once. */
type CallsOf<S> = {
  [K in keyof S]: S[K] extends (...args: never[]) => Promise<unknown> ? K : never
}[keyof S] &
  string

/** The store with each named call observed as `<room>.<call>`, never its arguments; all else passes through. */
export function observeStore<S extends object>(
  store: S,
  room: string,
  calls: readonly CallsOf<S>[],
  { metrics, adapter }: { metrics: Metrics; adapter: string },
): S {
  const observe = observeStoreCalls(metrics, adapter)
  const observed = calls.map(name => {
    const call = store[name] as (...args: unknown[]) => Promise<unknown>
    return [name, (...args: unknown[]) => observe(`${room}.${name}`, () => call.apply(store, args))]
  })
  return { ...store, ...(Object.fromEntries(observed) as Partial<S>) }
}
