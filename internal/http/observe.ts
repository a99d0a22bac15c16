import { SpanKind, SpanStatusCode, context, propagation, trace } from '@opentelemetry/api'
import { requestBuckets } from '#internal/telemetry/metrics.ts'
import type { Span } from '@opentelemetry/api'
import type { Context, Middleware } from 'koa'
import type { Metrics } from '#internal/telemetry/metrics.ts'

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'CONNECT'])

/** The route that answers, as the documentation names it; never the path, which may hold a person's id. */
export function routeOf(ctx: Context): string {
  return (ctx.state['route'] as string | undefined) ?? 'unmatched'
}

/** Counts and times each request by route, and makes its server span, a child of the caller's. */
export function observeRequests(metrics: Metrics): Middleware {
  const tracer = trace.getTracer('vitrine.http')
  const duration = metrics.histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Time to answer a request, by route.',
    labels: ['http_request_method', 'http_route', 'http_response_status_code', 'url_scheme', 'error_type'],
    buckets: requestBuckets,
  })

  return async (ctx, next) => {
    const started = performance.now()
    const method = knownMethods.has(ctx.method) ? ctx.method : '_OTHER'
    const parent = propagation.extract(context.active(), ctx.req.headers)
    const span = tracer.startSpan(
      method,
      { kind: SpanKind.SERVER, attributes: { 'http.request.method': method, 'url.scheme': 'http' } },
      parent,
    )
    try {
      // Without tracing, and without a trace that the caller began, there is nothing to hand on.
      if (trace.isSpanContextValid(span.spanContext())) await context.with(trace.setSpan(parent, span), next)
      else await next()
    } finally {
      const route = routeOf(ctx)
      const status = ctx.status
      const failed = status >= 500
      if (span.isRecording()) describe(span, method, route, status)
      span.end()
      duration.observe(
        {
          http_request_method: method,
          http_route: route,
          http_response_status_code: status,
          url_scheme: 'http',
          error_type: failed ? String(status) : '',
        },
        (performance.now() - started) / 1000,
      )
    }
  }
}

function describe(span: Span, method: string, route: string, status: number): void {
  span.updateName(`${method} ${route}`)
  span.setAttributes({ 'http.route': route, 'http.response.status_code': status })
  if (status < 500) return
  span.setAttribute('error.type', String(status))
  span.setStatus({ code: SpanStatusCode.ERROR })
}
