import { randomUUID } from 'node:crypto'
import { createTokenBucket } from './token-bucket.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { KubeClient } from './client.ts'
import type { KubeObject, Place } from './objects.ts'
import type { TokenBucket } from './token-bucket.ts'

/** What an Event is about; its kind is given, since objects of a list come without. */
export interface Regarding {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: KubeObject['metadata']
}

export interface EventNote {
  readonly type: 'Normal' | 'Warning'
  /** One word in PascalCase, from a list that the documentation has. */
  readonly reason: string
  /** For people; cut after 1,024 characters. */
  readonly message: string
}

/**
 * Tells people what happened to an object, where `kubectl describe` shows it. The same again within 10 minutes raises a
 * count. Never fails and never waits; what the API server does not take, or what would be a flood, is dropped and
 * counted. Disposing waits a little for what is on its way.
 */
export interface EventRecorder extends AsyncDisposable {
  record(regarding: Regarding, note: EventNote): void
}

export interface EventRecorderOptions {
  readonly client: KubeClient
  /** Who says so, as `kubectl describe` shows it. */
  readonly component: string
  readonly metrics: Metrics
  readonly logger: Logger
  readonly now?: () => number
}

/** One Event of the API server, and how often it happened. */
interface Series {
  readonly name: string
  readonly first: number
  last: number
  count: number
  /** How often the API server knows of. */
  told: number
}

const repeatWindowMs = 10 * 60_000
/** An object may have so many writes at once, then one each five minutes. */
const objectBucket = { burst: 25, refillMs: 5 * 60_000 }
/** What is remembered beyond this is forgotten, oldest first. */
const maxRemembered = 4_096
const maxUnderWay = 256
const drainMs = 2_000
/** So that an API server that is away does not hold up the next Events for long. */
const writeLimitMs = 5_000

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, component, metrics, logger, now = Date.now } = options
  const dropped = metrics.counter({
    name: 'vitrine_kube_events_dropped_total',
    help: 'Events that people do not see: too many of one object or altogether, or refused by the API server.',
    labels: ['reason'],
  })
  const series = new Map<string, Series>()
  const buckets = new Map<string, TokenBucket>()
  const stopping = new AbortController()
  let underWay = 0
  let chain = Promise.resolve()

  function bucketOf(uid: string): TokenBucket {
    return remember(buckets, uid, buckets.get(uid) ?? createTokenBucket(objectBucket))
  }

  function happened(key: string): Series {
    const at = now()
    const known = series.get(key)
    const goesOn = known !== undefined && at - known.last <= repeatWindowMs
    const one = goesOn ? known : { name: randomUUID(), first: at, last: at, count: 0, told: 0 }
    one.last = at
    one.count += 1
    return remember(series, key, one)
  }

  async function tell(one: Series, regarding: Regarding, note: EventNote): Promise<void> {
    if (one.told === one.count) return
    const { count } = one
    const event = eventOf(one, regarding, note, component)
    const place = placeOf(regarding)
    const { metadata, lastTimestamp } = event
    const patch = { count, lastTimestamp }
    const asking = { signal: stopping.signal, timeoutMs: writeLimitMs }
    const known = one.told > 0 && (await client.mergePatch(place, metadata.name, patch, asking)) !== null
    if (!known) await client.create(place, event, asking)
    one.told = count
  }

  async function tellQuietly(one: Series, regarding: Regarding, note: EventNote): Promise<void> {
    try {
      await tell(one, regarding, note)
    } catch (error) {
      dropped.add({ reason: 'refused' })
      logger.debug({ error, ...note }, 'could not write an Event')
    } finally {
      underWay -= 1
    }
  }

  return {
    record(regarding, note) {
      const { uid = '', name } = regarding.metadata
      const one = happened(JSON.stringify([uid, name, note.type, note.reason, note.message]))
      if (underWay >= maxUnderWay) return dropped.add({ reason: 'too-many' })
      if (!bucketOf(uid).take(now())) return dropped.add({ reason: 'too-many-of-one' })
      underWay += 1
      chain = chain.then(() => tellQuietly(one, regarding, note))
    },
    async [Symbol.asyncDispose]() {
      const late = setTimeout(() => stopping.abort(), drainMs)
      await chain
      clearTimeout(late)
    },
  }
}

/** Puts it last, and lets the first go where there are too many. */
function remember<T>(all: Map<string, T>, key: string, value: T): T {
  all.delete(key)
  all.set(key, value)
  if (all.size > maxRemembered) {
    for (const oldest of all.keys()) {
      all.delete(oldest)
      break
    }
  }
  return value
}

/** Events about objects of the cluster live in `default`. */
const placeOf = ({ metadata }: Regarding): Place => ({
  group: '',
  version: 'v1',
  plural: 'events',
  namespace: metadata.namespace ?? 'default',
})

const timeOf = (ms: number) => new Date(ms).toISOString().replace(/\.\d+/, '')

function eventOf(one: Series, regarding: Regarding, { type, reason, message }: EventNote, component: string) {
  const { apiVersion, kind, metadata } = regarding
  const { name, namespace, uid, resourceVersion } = metadata
  return {
    apiVersion: 'v1',
    kind: 'Event',
    // A name of at most 253 characters, as Kubernetes' own: what it is about, and something unique.
    metadata: { name: `${name.slice(0, 200)}.${one.name}`, namespace: namespace ?? 'default' },
    involvedObject: { apiVersion, kind, name, namespace, uid, resourceVersion },
    type,
    reason,
    message: message.slice(0, 1024),
    source: { component },
    reportingComponent: component,
    reportingInstance: component,
    firstTimestamp: timeOf(one.first),
    lastTimestamp: timeOf(one.last),
    count: one.count,
  }
}
