import { pause, retryMs } from './back-off.ts'
import { Expired } from './errors.ts'
import { createObjectStore } from './object-store.ts'
import { keyOf, nameOf } from './objects.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { BackOffLimits } from './back-off.ts'
import type { KubeClient } from './client.ts'
import type { Indexes, ObjectStore, ReadableStore } from './object-store.ts'
import type { KubeObject, Place, Selection } from './objects.ts'
import type { WatchEvent } from './watch-stream.ts'

export interface Change<T extends KubeObject> {
  readonly key: string
  /** `null` where it is new. */
  readonly old: T | null
  /** `null` where it is gone. */
  readonly now: T | null
}

export interface ReflectorOptions<T extends KubeObject> {
  readonly place: Place
  readonly selection?: Selection
  /** What is kept of an object; the default leaves `managedFields` out. */
  readonly keep?: (object: T) => T
  readonly indexes?: Indexes<T>
  /** Called after the store has it, in order, one at a time. Must not throw. */
  readonly onChange?: (change: Change<T>) => void
  /** Called after each full listing but the first, so that everything can be looked at anew. Must not throw. */
  readonly onResync?: () => void
}

/** The objects of one place, kept equal to the API server's. */
export interface Reflector<T extends KubeObject> extends ReadableStore<T>, AsyncDisposable {
  /** After the first full listing; never rejects. */
  readonly synced: Promise<void>
  /** Why it does not know all objects yet; `null` once it did. For readiness. */
  problem(): string | null
}

/** Times that tests shorten. */
export interface ReflectorTimes {
  /** A watch is asked to end within these seconds, at random between them. */
  readonly watchSeconds: readonly [number, number]
  /** A watch that is cut or ends sooner than this counts as a failure. */
  readonly steadyMs: number
  readonly resyncMs: number
  readonly backOff: BackOffLimits
}

/**
 * Watches are short, since over HTTP/1.1 a dead connection looks like a quiet one: a server that lives ends the watch
 * in time, with a bookmark before, so that going on costs one request. A dead one is noticed within 45 s.
 */
const defaultTimes: ReflectorTimes = {
  watchSeconds: [30, 40],
  steadyMs: 5_000,
  resyncMs: 10 * 60_000,
  backOff: { firstMs: 250, maxMs: 10_000 },
}

/** How much longer than asked for a watch may last before it is cut. */
const graceMs = 5_000

/** So many failures in a row are worth a line in the log. */
const failuresToTell = 3

export interface Reflectors {
  start<T extends KubeObject>(options: ReflectorOptions<T>): Reflector<T>
}

/** Makes the reflectors of a process, whose age one metric shows. */
export function createReflectors(options: {
  client: KubeClient
  metrics: Metrics
  logger: Logger
  times?: Partial<ReflectorTimes>
}): Reflectors {
  const { client, metrics, logger, times } = options
  const heard = new Map<string, () => number>()
  metrics.gauge({
    name: 'vitrine_kube_watch_age_seconds',
    help: 'Seconds since the API server last said something about this kind: an event, a bookmark, a list.',
    labels: ['resource'],
    collect(gauge) {
      for (const [resource, at] of heard) gauge.set({ resource }, (performance.now() - at()) / 1000)
    },
  })
  return {
    start(reflectorOptions) {
      const { place } = reflectorOptions
      const mirror = createMirror(client, reflectorOptions, logger)
      heard.set(nameOf(place), () => mirror.heardAt())
      return startReflector(mirror, nameOf(place), { ...defaultTimes, ...times }, logger)
    },
  }
}

/** The store with the two ways in: a whole list, and a watch's events. */
interface Mirror<T extends KubeObject> {
  readonly store: ObjectStore<T>
  /** When the API server was last heard of, by `performance.now()`. */
  heardAt(): number
  list(signal: AbortSignal): Promise<void>
  /** Returns when the server ends the watch. */
  follow(seconds: number, signal: AbortSignal): Promise<void>
  resync(): void
}

function createMirror<T extends KubeObject>(
  client: KubeClient,
  options: ReflectorOptions<T>,
  logger: Logger,
): Mirror<T> {
  const { place, selection = {}, keep = withoutManagedFields, indexes, onChange, onResync } = options
  const store = createObjectStore<T>(indexes)
  let heardAt = performance.now()
  let resourceVersion = ''

  /** What listens is of another room: its mistakes must not end the watch. */
  function tell(listener: () => void): void {
    try {
      listener()
    } catch (error) {
      logger.error({ error, resource: nameOf(place) }, 'a listener to changes failed')
    }
  }

  function put(object: T): void {
    const old = store.set(object) ?? null
    if (old?.metadata.resourceVersion === object.metadata.resourceVersion) return
    tell(() => onChange?.({ key: keyOf(object), old, now: object }))
  }

  function remove(key: string): void {
    const old = store.delete(key) ?? null
    if (old !== null) tell(() => onChange?.({ key, old, now: null }))
  }

  function take({ type, object }: WatchEvent<T>): void {
    heardAt = performance.now()
    resourceVersion = object.metadata.resourceVersion ?? resourceVersion
    if (type === 'DELETED') remove(keyOf(object))
    else if (type !== 'BOOKMARK') put(keep(object))
  }

  return {
    store,
    heardAt: () => heardAt,
    async list(signal) {
      const listed = await client.list<T>(place, { ...selection, keep, signal })
      heardAt = performance.now()
      resourceVersion = listed.resourceVersion
      const gone = new Set(store.keys())
      for (const object of listed.items) {
        gone.delete(keyOf(object))
        put(object)
      }
      for (const key of gone) remove(key)
    },
    async follow(timeoutSeconds, signal) {
      const limitMs = timeoutSeconds * 1000 + graceMs
      const watch = { ...selection, resourceVersion, timeoutSeconds, limitMs, signal }
      for await (const event of client.watch<T>(place, watch)) take(event)
      heardAt = performance.now()
    },
    resync: () => tell(() => onResync?.()),
  }
}

function startReflector<T extends KubeObject>(
  mirror: Mirror<T>,
  name: string,
  { watchSeconds, steadyMs, resyncMs, backOff }: ReflectorTimes,
  logger: Logger,
): Reflector<T> {
  const stopping = new AbortController()
  const { signal } = stopping
  const synced = Promise.withResolvers<void>()
  let hasSynced = false
  let problem = 'not listed yet'
  let listedAt = -Infinity

  async function list(): Promise<void> {
    await mirror.list(signal)
    listedAt = performance.now() + Math.random() * resyncMs * 0.1
    if (hasSynced) mirror.resync()
    hasSynced = true
    synced.resolve()
  }

  /** Lists where that is due, then watches once; whether it went as it should. */
  async function round(): Promise<void> {
    if (performance.now() - listedAt > resyncMs) await list()
    const began = performance.now()
    await mirror.follow(between(watchSeconds), signal)
    if (performance.now() - began < steadyMs) throw new Error('the watch ended at once')
  }

  async function run(): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      const began = performance.now()
      try {
        await round()
        if (failures >= failuresToTell) logger.info({ resource: name }, 'watching again')
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof Expired) listedAt = -Infinity
        failures = performance.now() - began < steadyMs ? failures + 1 : 1
        problem = error instanceof Error ? error.message : String(error)
        if (failures === failuresToTell)
          logger.warn({ resource: name, error }, 'can not watch; will go on trying')
        await pause(retryMs(error, failures, backOff), signal)
      }
    }
  }

  const running = run()
  return {
    get: key => mirror.store.get(key),
    list: () => mirror.store.list(),
    byIndex: (index, value) => mirror.store.byIndex(index, value),
    synced: synced.promise,
    problem: () => (hasSynced ? null : `${name}: ${problem}`),
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await running
    },
  }
}

const between = ([least, most]: readonly [number, number]) =>
  Math.round(least + Math.random() * (most - least))

/** Who wrote which field when is half of an object's bytes, and of no use here. */
function withoutManagedFields<T extends KubeObject>(object: T): T {
  const { managedFields: _managedFields, ...metadata } = object.metadata as T['metadata'] & {
    managedFields?: unknown
  }
  return { ...object, metadata }
}
