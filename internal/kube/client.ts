import { loadCredentials } from './credentials.ts'
import { Expired, NotFound, connectionError } from './errors.ts'
import { nameOf, pathOf } from './objects.ts'
import { createTransport } from './transport.ts'
import { watchEvents } from './watch-stream.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { KubeconfigChoice } from './credentials.ts'
import type { Call } from './errors.ts'
import type { KubeObject, Place, Selection } from './objects.ts'
import type { KubeRequest, Transport } from './transport.ts'
import type { WatchEvent } from './watch-stream.ts'

export interface KubeOptions extends KubeconfigChoice {
  /** Who owns the fields that `apply` writes. */
  readonly fieldManager: string
  readonly metrics: Metrics
  readonly logger: Logger
  /** How long one answer may take, to its end; of a watch, to its beginning. */
  readonly timeoutMs?: number
}

export interface Asking {
  readonly signal?: AbortSignal
  /** How long this answer may take, instead of the client's time. */
  readonly timeoutMs?: number
}

export interface ListOptions<T extends KubeObject> extends Selection, Asking {
  /** Objects an answer; a longer list is asked for page by page. */
  readonly pageSize?: number
  /** What to keep of each object, applied page by page. */
  readonly keep?: (object: T) => T
}

export interface ObjectList<T extends KubeObject> {
  readonly items: T[]
  /** From where a watch goes on. */
  readonly resourceVersion: string
}

export interface WatchOptions extends Selection, Asking {
  readonly resourceVersion: string
  /** The server ends the watch after so long, with a bookmark just before. */
  readonly timeoutSeconds: number
  /** After so long it is cut: a server that lives would have ended it. */
  readonly limitMs: number
}

export interface DeleteOptions extends Asking {
  /** Deletes this very object, not another one that has its name meanwhile. */
  readonly uid?: string
  /** What becomes of objects that it owns; Background (the default) lets them go after it. */
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
}

export interface ApplyOptions extends Asking {
  /** Answers what would be written, checks and defaults included, and writes nothing. */
  readonly dryRun?: boolean
}

/**
 * One API server. Each call has a time limit and fails by `Unavailable` (away, overloaded: with the seconds to wait),
 * `Misconfigured` (credentials or rights are missing), `InvalidInput` (the object is refused; the field is named),
 * `Conflict` (somebody was faster), `NotFound` (its kind or namespace is missing), or by the signal's reason.
 */
export interface KubeClient extends Disposable {
  /** The namespace that the kubeconfig's context names, or the pod's. */
  readonly namespace: string
  readonly fieldManager: string
  /** `null` where there is no such object. */
  get<T extends KubeObject>(place: Place, name: string, options?: Asking): Promise<T | null>
  list<T extends KubeObject>(place: Place, options?: ListOptions<T>): Promise<ObjectList<T>>
  /** `Conflict` where the name is taken. */
  create<T extends KubeObject>(place: Place, object: T, options?: Asking): Promise<T>
  /** Replaces it; `Conflict` where it changed since its `resourceVersion`, `NotFound` where it is gone. */
  update<T extends KubeObject>(place: Place, object: T, options?: Asking): Promise<T>
  /**
   * Server-side apply: of what this field manager applied before and leaves out now, it lets go; fields of others stay.
   * Fields that others hold as well are taken over.
   */
  apply<T extends KubeObject>(place: Place, object: T, options?: ApplyOptions): Promise<T>
  /** The same for `status`; `null` where the object is gone. */
  applyStatus<T extends KubeObject>(place: Place, object: T, options?: Asking): Promise<T | null>
  /** RFC 7386: `null` removes a field. `null` where the object is gone. */
  mergePatch<T extends KubeObject>(
    place: Place,
    name: string,
    patch: object,
    options?: Asking & { readonly subresource?: string },
  ): Promise<T | null>
  /** False where it was gone already. */
  delete(place: Place, name: string, options?: DeleteOptions): Promise<boolean>
  /** Changes after a resourceVersion, until the server ends the watch; `Expired` where that is too old. */
  watch<T extends KubeObject>(place: Place, options: WatchOptions): AsyncGenerator<WatchEvent<T>>
}

const metadataOnly = (kind: string) => `application/json;as=${kind};g=meta.k8s.io;v=v1`
const applyPatch = 'application/apply-patch+yaml'
const mergePatch = 'application/merge-patch+json'

/** Reads the kubeconfig; nothing is asked of the API server yet, which may be away. */
export async function connectKube(options: KubeOptions): Promise<KubeClient> {
  const { fieldManager, metrics, logger, timeoutMs = 15_000 } = options
  const credentials = await loadCredentials(options)
  logger.debug({ server: credentials.server.host, namespace: credentials.namespace }, 'read the kubeconfig')
  const transport = createTransport(credentials, { metrics, timeoutMs })
  return {
    namespace: credentials.namespace,
    fieldManager,
    ...reading(transport),
    ...writing(transport, fieldManager),
    [Symbol.dispose]: () => credentials.close(),
  }
}

function reading(transport: Transport): Pick<KubeClient, 'get' | 'list' | 'watch'> {
  return {
    async get<T extends KubeObject>(place: Place, name: string, asking: Asking = {}) {
      const call = callOf('get', place, name)
      return nullIfGone(name, ask<T>(transport, { method: 'GET', path: pathOf(place, name), call }, asking))
    },
    async list<T extends KubeObject>(place: Place, options: ListOptions<T> = {}) {
      try {
        return await allPages(transport, place, options)
      } catch (error) {
        // The first page has grown too old for the next ones: all at once can't.
        if (error instanceof Expired) return allPages(transport, place, { ...options, pageSize: 0 })
        throw error
      }
    },
    async *watch<T extends KubeObject>(place: Place, options: WatchOptions) {
      const { resourceVersion, timeoutSeconds, limitMs, signal, timeoutMs, ...selection } = options
      const call = callOf('watch', place)
      const response = await transport.stream({
        method: 'GET',
        path: pathOf(place),
        query: {
          ...queryOf(selection),
          watch: true,
          allowWatchBookmarks: true,
          resourceVersion,
          timeoutSeconds,
        },
        call,
        ...(selection.metadataOnly && { accept: metadataOnly('PartialObjectMetadata') }),
        signal,
        timeoutMs,
      })
      try {
        yield* watchEvents<T>(response, { call, limitMs })
      } catch (error) {
        signal?.throwIfAborted()
        throw connectionError(call, error)
      }
    },
  }
}

function writing(
  transport: Transport,
  fieldManager: string,
): Pick<KubeClient, 'create' | 'update' | 'apply' | 'applyStatus' | 'mergePatch' | 'delete'> {
  const applied = { query: { fieldManager, force: true }, contentType: applyPatch } as const

  return {
    async create<T extends KubeObject>(place: Place, object: T, asking: Asking = {}) {
      const call = callOf('create', place, object.metadata.name)
      const request = {
        method: 'POST',
        path: pathOf(place),
        query: { fieldManager },
        body: object,
        call,
      } as const
      return ask<T>(transport, request, asking)
    },
    async update<T extends KubeObject>(place: Place, object: T, asking: Asking = {}) {
      const path = pathOf(place, object.metadata.name)
      const call = callOf('update', place, object.metadata.name)
      return ask<T>(transport, { method: 'PUT', path, query: { fieldManager }, body: object, call }, asking)
    },
    async apply<T extends KubeObject>(place: Place, object: T, { dryRun, ...asking }: ApplyOptions = {}) {
      const path = pathOf(place, object.metadata.name)
      const call = callOf('apply', place, object.metadata.name)
      const query = { ...applied.query, ...(dryRun && { dryRun: 'All' }) }
      return ask<T>(transport, { ...applied, query, method: 'PATCH', path, body: object, call }, asking)
    },
    async applyStatus<T extends KubeObject>(place: Place, object: T, asking: Asking = {}) {
      const { name } = object.metadata
      const path = pathOf(place, name, 'status')
      const call = callOf('apply the status of', place, object.metadata.name)
      return nullIfGone(
        name,
        ask<T>(transport, { ...applied, method: 'PATCH', path, body: object, call }, asking),
      )
    },
    async mergePatch<T extends KubeObject>(
      place: Place,
      name: string,
      patch: object,
      { subresource, ...asking }: Asking & { readonly subresource?: string } = {},
    ) {
      const request = {
        method: 'PATCH',
        path: pathOf(place, name, subresource),
        query: { fieldManager },
        contentType: mergePatch,
        body: patch,
        call: callOf('patch', place, name),
      } as const
      return nullIfGone(name, ask<T>(transport, request, asking))
    },
    async delete(place, name, { uid, propagationPolicy = 'Background', ...asking } = {}) {
      const request = {
        method: 'DELETE',
        path: pathOf(place, name),
        body: { propagationPolicy, ...(uid !== undefined && { preconditions: { uid } }) },
        call: callOf('delete', place, name),
      } as const
      return (await nullIfGone(name, ask(transport, request, asking))) !== null
    },
  }
}

interface Page<T> {
  readonly items: readonly T[]
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string }
}

async function allPages<T extends KubeObject>(
  transport: Transport,
  place: Place,
  { pageSize = 500, keep = object => object, signal, timeoutMs, ...selection }: ListOptions<T>,
): Promise<ObjectList<T>> {
  const items: T[] = []
  let page: Page<T>
  let token: string | undefined
  do {
    page = await ask<Page<T>>(
      transport,
      {
        method: 'GET',
        path: pathOf(place),
        query: { ...queryOf(selection), limit: pageSize, continue: token },
        call: callOf('list', place),
        ...(selection.metadataOnly && { accept: metadataOnly('PartialObjectMetadataList') }),
      },
      { signal, timeoutMs },
    )
    for (const item of page.items) items.push(keep(item))
    token = page.metadata.continue || undefined
  } while (token !== undefined)
  return { items, resourceVersion: page.metadata.resourceVersion }
}

async function ask<T>(
  transport: Transport,
  request: KubeRequest,
  { signal, timeoutMs }: Pick<KubeRequest, 'signal' | 'timeoutMs'>,
): Promise<T> {
  return (await transport.json({ ...request, signal, timeoutMs })) as T
}

async function nullIfGone<T>(name: string, answer: Promise<T>): Promise<T | null> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof NotFound && error.object === name) return null
    throw error
  }
}

function callOf(verb: string, place: Place, name?: string): Call {
  const where = place.namespace === undefined ? '' : ` in ${place.namespace}`
  return { verb, what: name === undefined ? nameOf(place) + where : `${nameOf(place)} ${name}${where}` }
}

const queryOf = ({ labelSelector, fieldSelector }: Selection) => ({ labelSelector, fieldSelector })
