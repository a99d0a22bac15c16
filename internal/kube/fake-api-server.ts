import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { Refusal, createFakeCluster } from './fake-cluster.ts'
import { openFakeWatch } from './fake-watch.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FakeCluster, FakeObject, Fields, WriteOptions } from './fake-cluster.ts'
import type { FakeWatch } from './fake-watch.ts'

/** What can go wrong with one request; `cut` is a watch that ends at once, `stall` an answer that never comes. */
export type Fault =
  | 'reset'
  | 'stall'
  | 'expired'
  | 'expired-event'
  | 'too-many-requests'
  | 'forbidden'
  | 'internal-error'
  | 'unknown-kind'
  | 'cut'

export interface FakeRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  /** The connection that it came by. */
  readonly from: string
}

/** An API server in memory, for tests: it admits nearly everything, and fails as it is told to. */
export interface FakeApiServer extends AsyncDisposable {
  /** Path of a kubeconfig that leads here. */
  readonly kubeconfig: string
  readonly cluster: FakeCluster
  /** All requests so far, the failed ones included. */
  readonly requests: FakeRequest[]
  /** The next `times` requests that match fail so. */
  fail(fault: Fault, options?: { times?: number; matching?: (request: FakeRequest) => boolean }): void
  /** Ends all faults that are still due. */
  heal(): void
  /** Ends all open watches. */
  cutWatches(how: 'politely' | 'reset'): void
  /** All open watches fall silent for ever, while their connections stay. */
  freezeWatches(): void
  /** How many watches are open. */
  watches(): number
}

export const isWatch = ({ query }: FakeRequest) => query.get('watch') === 'true'
const retryAfterSeconds = 2

/** Its clock, in epoch milliseconds, is this machine's unless another is given. */
export async function startFakeApiServer(clock: () => number = Date.now): Promise<FakeApiServer> {
  const cluster = createFakeCluster(clock)
  const requests: FakeRequest[] = []
  const watches = new Set<FakeWatch>()
  const answer = createAnswers(cluster, watches)
  let faults: { fault: Fault; times: number; matching: (request: FakeRequest) => boolean }[] = []

  function dueFault(request: FakeRequest): Fault | null {
    const due = faults.find(({ times, matching }) => times > 0 && matching(request))
    if (due) due.times -= 1
    return due?.fault ?? null
  }

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(incoming.url ?? '', 'http://fake')
    const from = `${incoming.socket.remoteAddress}:${incoming.socket.remotePort}`
    const request = { method: incoming.method ?? '', path: pathname, query: searchParams, from }
    requests.push(request)
    try {
      const body = request.method === 'GET' ? undefined : ((await json(incoming)) as Fields)
      const fault = dueFault(request)
      if (fault === null) answer(request, body, incoming, response)
      else misbehave(fault, response)
    } catch (error) {
      refuse(response, error)
    }
  }

  const server = createServer((incoming, response) => void handle(incoming, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const folder = await mkdtemp(join(tmpdir(), 'fake-api-server-'))
  const kubeconfig = join(folder, 'kubeconfig')
  await writeFile(kubeconfig, kubeconfigFor((server.address() as AddressInfo).port))

  return {
    kubeconfig,
    cluster,
    requests,
    fail(fault, { times = 1, matching = () => true } = {}) {
      faults.push({ fault, times, matching })
    },
    heal() {
      faults = []
    },
    cutWatches(how) {
      for (const watch of watches) watch.end(how)
    },
    freezeWatches() {
      for (const watch of watches) watch.freeze()
    },
    watches: () => watches.size,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** JSON is YAML. The client library speaks plain HTTP only where certificates are not checked. */
function kubeconfigFor(port: number): string {
  return JSON.stringify({
    clusters: [
      { name: 'fake', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } },
    ],
    users: [{ name: 'fake', user: { token: 'a-token' } }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake', namespace: 'shop' } }],
    'current-context': 'fake',
  })
}

function send(
  response: ServerResponse,
  code: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

const statusBody = ({ code, reason, message, details }: Refusal) => ({
  apiVersion: 'v1',
  kind: 'Status',
  status: 'Failure',
  code,
  reason,
  message,
  details,
})

const tooOld = () => new Refusal(410, 'Expired', 'too old resource version')

function refuse(response: ServerResponse, error: unknown): void {
  const refusal = error instanceof Refusal ? error : new Refusal(500, 'InternalError', String(error))
  send(response, refusal.code, statusBody(refusal))
}

function misbehave(fault: Fault, response: ServerResponse): void {
  switch (fault) {
    case 'reset':
      response.socket?.resetAndDestroy()
      break
    case 'stall':
      break
    case 'expired':
      refuse(response, tooOld())
      break
    case 'expired-event':
      response.writeHead(200)
      response.end(`${JSON.stringify({ type: 'ERROR', object: statusBody(tooOld()) })}\n`)
      break
    case 'too-many-requests': {
      const refusal = new Refusal(429, 'TooManyRequests', 'too many requests, please try again later')
      send(response, 429, statusBody(refusal), { 'retry-after': String(retryAfterSeconds) })
      break
    }
    case 'forbidden':
      refuse(response, new Refusal(403, 'Forbidden', 'the user has no right to do this'))
      break
    case 'internal-error':
      refuse(response, new Refusal(500, 'InternalError', 'etcdserver: request timed out'))
      break
    case 'unknown-kind':
      refuse(response, new Refusal(404, 'NotFound', 'the server could not find the requested resource'))
      break
    case 'cut':
      response.writeHead(200)
      response.end()
      break
  }
}

const pathPattern =
  /^\/(?:api|apis\/(?<group>[^/]+))\/(?<version>[^/]+)(?:\/namespaces\/(?<namespace>[^/]+))?\/(?<plural>[^/]+)(?:\/(?<name>[^/]+))?(?:\/(?<subresource>[^/]+))?$/

function createAnswers(cluster: FakeCluster, watches: Set<FakeWatch>) {
  const pages = createPages(cluster)

  return (
    request: FakeRequest,
    body: Fields | undefined,
    incoming: IncomingMessage,
    response: ServerResponse,
  ) => {
    const where = pathPattern.exec(request.path)?.groups
    if (!where) throw new Refusal(404, 'NotFound', 'the server could not find the requested resource')
    const { group, namespace, plural, name, subresource } = where
    const kind = group === undefined ? String(plural) : `${plural}.${group}`
    const matches = selectorOf(request.query)
    const shape = shapeOf(incoming.headers.accept ?? '')
    if (name === undefined && request.method === 'GET') {
      if (!isWatch(request)) return send(response, 200, pages(kind, namespace, matches, shape, request.query))
      const from = Number(request.query.get('resourceVersion'))
      if (from < cluster.oldestVersion) throw tooOld()
      const watch = openFakeWatch(cluster, response, {
        kind,
        matches: object =>
          matches(object) && (namespace === undefined || object.metadata.namespace === namespace),
        shape,
        from,
        timeoutMs: Number(request.query.get('timeoutSeconds') ?? 1800) * 1000,
        bookmarks: request.query.get('allowWatchBookmarks') === 'true',
      })
      watches.add(watch)
      response.once('close', () => watches.delete(watch))
      return
    }
    const object = (body ?? {}) as unknown as FakeObject
    const manager = request.query.get('fieldManager') ?? 'unknown'
    const dryRun = request.query.get('dryRun') === 'All'
    const options = { kind, namespace, name: name ?? object.metadata.name, manager, subresource, dryRun }
    const contentType = incoming.headers['content-type'] ?? ''
    send(
      response,
      request.method === 'POST' ? 201 : 200,
      write(cluster, request.method, options, object, contentType),
    )
  }
}

function write(
  cluster: FakeCluster,
  method: string,
  options: WriteOptions,
  body: FakeObject,
  contentType: string,
): object {
  switch (method) {
    case 'GET':
      return cluster.get(options)
    case 'POST':
      return cluster.create(options, body)
    case 'PUT':
      return cluster.update(options, body)
    case 'DELETE':
      return cluster.delete(options, (body['preconditions'] as { uid?: string } | undefined)?.uid)
    case 'PATCH':
      if (contentType === 'application/apply-patch+yaml') return cluster.apply(options, body)
      if (contentType === 'application/merge-patch+json')
        return cluster.merge(options, body as unknown as Fields)
      throw new Refusal(415, 'UnsupportedMediaType', `the fake does not patch by ${contentType}`)
    default:
      throw new Refusal(405, 'MethodNotAllowed', `the fake knows no ${method}`)
  }
}

/** Lists by page; a page's token holds until compaction. */
function createPages(cluster: FakeCluster) {
  const open = new Map<string, { version: number; rest: FakeObject[] }>()

  return (
    kind: string,
    namespace: string | undefined,
    matches: (object: FakeObject) => boolean,
    shape: (object: FakeObject) => object,
    query: URLSearchParams,
  ) => {
    const token = query.get('continue')
    const limit = Number(query.get('limit') ?? 0) || Infinity
    const from =
      token === null
        ? { version: cluster.version, rest: cluster.list(kind, namespace).filter(matches) }
        : open.get(token)
    if (!from || from.version < cluster.oldestVersion) throw tooOld()
    const [items, rest] = [from.rest.slice(0, limit), from.rest.slice(limit)]
    const next = rest.length === 0 ? undefined : `${from.version}-${open.size}`
    if (next !== undefined) open.set(next, { version: from.version, rest })
    const metadata = { resourceVersion: String(from.version), ...(next !== undefined && { continue: next }) }
    return { apiVersion: 'v1', kind: 'List', metadata, items: items.map(shape) }
  }
}

/** Equality and existence of labels, and equality of fields. */
function selectorOf(query: URLSearchParams): (object: FakeObject) => boolean {
  const termsOf = (text: string | null) => (text ?? '').split(',').filter(term => term !== '')
  const labels = termsOf(query.get('labelSelector')).map(term => term.split(/==?/))
  const fields = termsOf(query.get('fieldSelector')).map(term => term.split(/==?/))
  return object =>
    labels.every(([label, value]) => {
      const has = object.metadata.labels?.[label as string]
      return value === undefined ? has !== undefined : has === value
    }) && fields.every(([path, value]) => fieldOf(object, path as string) === value)
}

const fieldOf = (object: FakeObject, path: string) =>
  path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], object)

function shapeOf(accept: string): (object: FakeObject) => object {
  if (!accept.includes('as=PartialObjectMetadata')) return object => object
  return ({ metadata }) => ({ apiVersion: 'meta.k8s.io/v1', kind: 'PartialObjectMetadata', metadata })
}
