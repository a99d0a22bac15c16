import Router from '@koa/router'
import Koa from 'koa'
import { trace } from '@opentelemetry/api'
import { contentTypeOf, discardRest, maxBodyBytes, readJson } from './body.ts'
import { check, collectHeaders, collectQuery, decode } from './check.ts'
import { createGuard } from './guard.ts'
import { observeRequests, routeOf } from './observe.ts'
import { openApi } from './openapi.ts'
import { Problem, problemBody, problems, toProblem } from './problem.ts'
import { Json } from './route.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context, Middleware } from 'koa'
import type { z } from 'zod'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { Guard, Keys } from './guard.ts'
import type { ApiInfo } from './openapi.ts'
import type { Answer, Request, Route } from './route.ts'

export interface AppOptions {
  readonly routes: readonly Route[]
  readonly logger: Logger
  readonly metrics: Metrics
  /** With them, a call must bring a key that is good for its scope. */
  readonly keys?: Keys
  /** With it, /openapi.json describes the routes. */
  readonly info?: ApiInfo
  /** Pages by code, served at /errors/{code}, where the problems' `type` points. */
  readonly errorPages?: ReadonlyMap<string, string>
}

/** An HTTP interface; `listen` serves it. */
export interface App {
  readonly callback: ReturnType<Koa['callback']>
}

/** All routes on one koa, with their checks, problem answers, metrics and spans. */
export function createApp({ routes, logger, metrics, keys, info, errorPages }: AppOptions): App {
  const app = new Koa()
  const router = new Router()
  const guard = keys && createGuard(keys, metrics)
  for (const route of routes) {
    router.register(route.path.replaceAll(/\{(\w+)\}/g, ':$1'), [route.method], answer(route, guard))
  }
  if (info) serveOnce(router, '/openapi.json', 'application/json', JSON.stringify(openApi(routes, info)))
  for (const [code, page] of errorPages ?? [])
    serveOnce(router, `/errors/${code}`, 'text/markdown; charset=utf-8', page)

  app.use(observeRequests(metrics))
  app.use(answerProblems(logger))
  app.use(router.routes())
  // What breaks after our own middlewares is the client's connection; koa would print it.
  app.on('error', (error: Error) => logger.debug({ reason: error.message }, 'a response was not taken'))
  return { callback: app.callback() }
}

function serveOnce(router: Router, path: string, type: string, body: string): void {
  router.get(path, ctx => {
    ctx.state['route'] = path
    ctx.set('X-Content-Type-Options', 'nosniff')
    ctx.type = type
    ctx.body = body
  })
}

function answer(route: Route, guard: Guard | undefined): (ctx: Context) => Promise<void> {
  const bodyLimit = route.maxBodyBytes ?? maxBodyBytes
  return async ctx => {
    ctx.state['route'] = route.path
    ctx.state['definition'] = route
    if (route.scope !== null) guard?.(ctx.req.headers.authorization, route.scope)
    const contentType = contentTypeOf(ctx.req)
    const params = route.params ? check(route.params, ctx['params'], 'parameter') : undefined
    const query = route.refusal && !route.query ? {} : collectQuery(route.query, ctx.querystring)
    const request = new CheckedRequest(ctx, {
      params,
      query: route.query ? check(route.query, query, 'parameter') : query,
      headers: route.requestHeaders
        ? check(route.requestHeaders, collectHeaders(route.requestHeaders, ctx.req.headers), 'header')
        : {},
      body: route.body ? await readBody(route.body, route, ctx, contentType, bodyLimit) : undefined,
      contentType,
    })
    send(ctx, await route.handle(request), route)
  }
}

class CheckedRequest implements Request {
  readonly params: unknown
  readonly query: unknown
  readonly headers: unknown
  readonly body: unknown
  readonly contentType: string | null
  readonly #ctx: Context

  constructor(ctx: Context, checked: Omit<Request, 'stream' | 'signal'>) {
    this.params = checked.params
    this.query = checked.query
    this.headers = checked.headers
    this.body = checked.body
    this.contentType = checked.contentType
    this.#ctx = ctx
  }

  get stream(): IncomingMessage {
    return this.#ctx.req
  }

  /** Made only for who asks, since most answers are faster than a client can leave. */
  get signal(): AbortSignal {
    return whenGone(this.#ctx.res)
  }
}

function whenGone(response: ServerResponse): AbortSignal {
  const gone = new AbortController()
  if (response.closed) gone.abort()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  return gone.signal
}

async function readBody(
  schema: z.ZodType,
  route: Route,
  ctx: Context,
  contentType: string | null,
  limit: number,
): Promise<unknown> {
  if (contentType !== null && route.streams?.includes(contentType)) return undefined
  if (contentType !== 'application/json') {
    const taken = ['application/json', ...(route.streams ?? [])].join(' or ')
    throw new Problem('unsupported-media-type', `content-type must be ${taken}`, {
      details: [{ header: 'content-type', message: `must be ${taken}` }],
    })
  }
  return check(schema, await readJson(ctx.req, limit), 'pointer')
}

function send(ctx: Context, { status, body, headers }: Answer, { personal }: Route): void {
  ctx.status = status
  setSafetyHeaders(ctx, personal)
  if (headers) ctx.set({ ...headers })
  if (typeof body === 'string') {
    ctx.body = body
    return
  }
  // Said in full: koa would look the type up for each answer.
  ctx.set('Content-Type', 'application/json; charset=utf-8')
  ctx.body = body instanceof Json ? body.text : JSON.stringify(body)
}

function setSafetyHeaders(ctx: Context, personal: boolean): void {
  if (ctx.headerSent) return
  ctx.res.setHeader('X-Content-Type-Options', 'nosniff')
  if (personal) ctx.res.setHeader('Cache-Control', 'no-store')
}

function answerProblems(logger: Logger): Middleware {
  return async (ctx, next) => {
    try {
      decode(ctx.path, 'the path')
      await next()
      if (ctx.state['route'] === undefined) throw unmatched(ctx)
    } catch (error) {
      if (clientIsGone(ctx, error)) {
        ctx.status = clientGoneStatus
        return
      }
      const problem = toProblem(error)
      const route = ctx.state['definition'] as Route | undefined
      ctx.status = problems[problem.code].status
      if (problem.code === 'internal') logger.error({ error, route: routeOf(ctx) }, 'a request failed')
      setSafetyHeaders(ctx, true)
      ctx.set({ ...problem.headers })
      const traceId = trace.getActiveSpan()?.spanContext().traceId
      const older = route?.refusal && inOlderWords.has(problem.code)
      ctx.type = older ? 'application/json' : 'application/problem+json'
      ctx.body = JSON.stringify(older ? refusalOf(route, problem) : problemBody(problem, traceId))
    } finally {
      discardRest(ctx.req)
    }
  }
}

const inOlderWords: ReadonlySet<string> = new Set(['invalid-input', 'unauthorized', 'forbidden'])

/** Only seen in metrics, since nobody is there to be answered. */
const clientGoneStatus = 499

function clientIsGone(ctx: Context, error: unknown): boolean {
  return !ctx.writable && (error as NodeJS.ErrnoException).code === 'ECONNRESET'
}

function refusalOf(route: Route, problem: Problem): unknown {
  if (problem.code === 'unauthorized') return route.refusal?.(undefined, 'Missing or unknown key')
  const [first] = problem.details
  return route.refusal?.(first?.header ?? first?.parameter, first?.message ?? problem.message)
}

function unmatched(ctx: Context): Problem {
  const matched = (ctx['matched'] ?? []) as { methods: string[] }[]
  if (matched.length === 0) return new Problem('not-found', 'there is no such path')
  const allowed = [...new Set(matched.flatMap(layer => layer.methods))].sort().join(', ')
  return new Problem('method-not-allowed', `this path takes ${allowed}`, { headers: { Allow: allowed } })
}
