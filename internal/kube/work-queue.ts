import { pause, retryMs } from './back-off.ts'
import { queueMetrics } from './queue-metrics.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { BackOffLimits } from './back-off.ts'

/** What work asks for when it went well: `requeue` as after a failure, or another look after a while. */
export interface Requeue {
  readonly requeue?: boolean
  readonly requeueAfterMs?: number
}

export interface WorkQueueOptions {
  /** For the metrics; one queue a name in a process. */
  readonly name: string
  /** Never runs twice at once for one key. A rejection brings the key back after a while. */
  readonly work: (key: string, signal: AbortSignal) => Promise<Requeue | void>
  /** Keys worked on at once. */
  readonly concurrency: number
  readonly backOff?: BackOffLimits
  /** How long disposing waits for work in hand before it is told to stop, and again before it is left. */
  readonly drainMs?: number
  readonly metrics: Metrics
  readonly logger: Logger
}

/**
 * Keys to work on. A key that waits is there once; one that is added while it is worked on comes again after. Disposing
 * takes no more, waits for what is in hand, and never rejects.
 */
export interface WorkQueue extends AsyncDisposable {
  add(key: string): void
  /** Of several delays for one key the earliest counts; without effect on a key that waits already. */
  addAfter(key: string, delayMs: number): void
  /** Keys that wait to be worked on at once. */
  depth(): number
  /** How long the oldest work in hand has been going on; 0 without any. For liveness. */
  longestRunningMs(): number
}

const defaultBackOff: BackOffLimits = { firstMs: 200, maxMs: 5 * 60_000 }

/** Node's timers end at 2^31 ms; a key that comes too early is looked at once more, and that is all. */
const longestDelayMs = 2 ** 31 - 1

export function startWorkQueue(options: WorkQueueOptions): WorkQueue {
  const { name, work, concurrency, backOff = defaultBackOff, drainMs = 3_000, logger } = options
  const waiting = new Set<string>()
  const running = new Map<string, number>()
  const again = new Set<string>()
  const delayed = new Map<string, { readonly at: number; readonly timer: NodeJS.Timeout }>()
  const failures = new Map<string, number>()
  const works = new Set<Promise<void>>()
  const stopping = new AbortController()
  const count = queueMetrics(name, options.metrics, running)
  let closed = false

  function add(key: string): void {
    if (closed || waiting.has(key) || again.has(key)) return
    count.added(key)
    if (running.has(key)) again.add(key)
    else waiting.add(key)
    fill()
  }

  function addAfter(key: string, delayMs: number): void {
    if (closed) return
    count.retried()
    if (delayMs <= 0) return add(key)
    const at = performance.now() + delayMs
    const before = delayed.get(key)
    if (before && before.at <= at) return
    clearTimeout(before?.timer)
    const timer = setTimeout(
      () => {
        delayed.delete(key)
        add(key)
      },
      Math.min(delayMs, longestDelayMs),
    )
    delayed.set(key, { at, timer })
  }

  function fill(): void {
    for (const key of waiting) {
      if (closed || running.size >= concurrency) return
      waiting.delete(key)
      const one = run(key).finally(() => works.delete(one))
      works.add(one)
    }
  }

  async function run(key: string): Promise<void> {
    running.set(key, performance.now())
    count.began(key)
    try {
      const { requeue = false, requeueAfterMs } = (await work(key, stopping.signal)) ?? {}
      if (requeue) retry(key, null)
      else {
        failures.delete(key)
        if (requeueAfterMs !== undefined) addAfter(key, requeueAfterMs)
      }
    } catch (error) {
      retry(key, error)
    } finally {
      count.ended(key)
      running.delete(key)
      if (again.delete(key)) waiting.add(key)
      fill()
    }
  }

  function retry(key: string, error: unknown): void {
    const times = (failures.get(key) ?? 0) + 1
    failures.set(key, times)
    const delayMs = retryMs(error, times, backOff)
    logger.debug({ key, times, delayMs, error }, 'comes back')
    addAfter(key, delayMs)
  }

  async function drained(): Promise<boolean> {
    const late = new AbortController()
    const ended = await Promise.race([
      Promise.allSettled(works).then(() => true),
      pause(drainMs, late.signal).then(() => false),
    ])
    late.abort()
    return ended
  }

  return {
    add,
    addAfter,
    depth: () => waiting.size,
    longestRunningMs: () => Math.max(0, ...[...running.values()].map(began => performance.now() - began)),
    async [Symbol.asyncDispose]() {
      closed = true
      for (const { timer } of delayed.values()) clearTimeout(timer)
      if (await drained()) return
      stopping.abort()
      if (!(await drained())) logger.warn({ keys: [...running.keys()] }, 'left work that did not end')
    },
  }
}
