import http from 'node:http'
import https from 'node:https'
import { text } from 'node:stream/consumers'
import { Unavailable } from '#internal/errors/errors.ts'
import { connectionError, errorOf } from './errors.ts'
import type { IncomingMessage } from 'node:http'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { Credentials } from './credentials.ts'
import type { Call, KubeStatus } from './errors.ts'

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly accept?: string
  readonly contentType?: string
  readonly body?: unknown
  readonly call: Call
  readonly signal?: AbortSignal | undefined
  /** Another limit than the transport's. */
  readonly timeoutMs?: number | undefined
}

/** HTTP to one API server. */
export interface Transport {
  /** The answer's JSON; any status but 2xx is an error. The whole exchange has `timeoutMs`. */
  json(request: KubeRequest): Promise<unknown>
  /** The answer as it comes; only its head has `timeoutMs`, the rest is the reader's to limit. */
  stream(request: KubeRequest): Promise<IncomingMessage>
}

export function createTransport(
  credentials: Credentials,
  options: { metrics: Metrics; timeoutMs: number },
): Transport {
  const { server } = credentials
  const send = server.protocol === 'http:' ? http.request : https.request
  const measure = requestMetrics(options.metrics, server.host)

  async function open(request: KubeRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const base = await credentials.requestOptions()
    const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body))
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const outgoing = send(
      urlOf(server, request),
      { ...base, method: request.method, headers: headersOf(base.headers, request, body), signal },
      resolve,
    )
    outgoing.once('error', reject)
    outgoing.end(body)
    const response = await promise
    // From here on whoever reads the body hears of errors; the request itself must not end the process.
    outgoing.on('error', () => {})
    return response
  }

  /** Refused answers become errors; their bodies are read to the end, so that the connection can be used again. */
  async function checked(request: KubeRequest, response: IncomingMessage): Promise<IncomingMessage> {
    const code = response.statusCode ?? 0
    if (code >= 200 && code < 300) return response
    const status = parseStatus(await text(response))
    throw errorOf(request.call, code, status, response.headers['retry-after'])
  }

  async function exchange<T>(
    request: KubeRequest,
    read: (response: IncomingMessage) => Promise<T>,
    limit: AbortController,
  ): Promise<T> {
    const { call, signal, method, timeoutMs = options.timeoutMs } = request
    const measured = measure(method)
    const timer = setTimeout(() => limit.abort(new Unavailable(lateMessage(call, timeoutMs))), timeoutMs)
    try {
      const all = signal ? AbortSignal.any([signal, limit.signal]) : limit.signal
      const response = await open(request, all)
      measured(String(response.statusCode))
      return await read(await checked(request, response))
    } catch (error) {
      measured('<error>')
      signal?.throwIfAborted()
      throw connectionError(call, limit.signal.aborted ? limit.signal.reason : error)
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    json: request =>
      exchange(request, async response => JSON.parse(await text(response)), new AbortController()),
    stream: request => exchange(request, async response => response, new AbortController()),
  }
}

const lateMessage = ({ verb, what }: Call, ms: number) =>
  `no answer within ${ms} ms when asked to ${verb} ${what}`

function urlOf(server: URL, { path, query = {} }: KubeRequest): URL {
  const url = new URL(server)
  url.pathname = server.pathname.replace(/\/$/, '') + path
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  return url
}

function headersOf(
  base: http.RequestOptions['headers'],
  { accept = 'application/json', contentType = 'application/json' }: KubeRequest,
  body: Buffer | undefined,
): Record<string, string | number> {
  return {
    ...(base as Record<string, string> | undefined),
    accept,
    'user-agent': 'vitrine',
    ...(body && { 'content-type': contentType, 'content-length': body.length }),
  }
}

/** Proxies and load balancers answer in HTML: then the first words are all there is to tell. */
function parseStatus(body: string): KubeStatus {
  try {
    return JSON.parse(body) as KubeStatus
  } catch {
    return body.trim() === '' ? {} : { message: body.trim().slice(0, 200) }
  }
}

/** client-go's own metrics, by the names that dashboards ask for; a request is counted once. */
function requestMetrics(metrics: Metrics, host: string) {
  const requests = metrics.counter({
    name: 'rest_client_requests_total',
    help: 'Requests to the API server by answer; <error> where none came.',
    labels: ['code', 'method', 'host'],
  })
  const seconds = metrics.histogram({
    name: 'rest_client_request_duration_seconds',
    help: 'Time until the API server began to answer.',
    labels: ['verb', 'host'],
  })
  return (method: string) => {
    const began = performance.now()
    let done = false
    return (code: string) => {
      if (done) return
      done = true
      requests.add({ code, method, host })
      seconds.observe({ verb: method, host }, (performance.now() - began) / 1000)
    }
  }
}
