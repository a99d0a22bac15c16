import { InvalidInput, Unavailable, VitrineError } from '#internal/errors/errors.ts'
import { startWorkQueue } from './work-queue.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { BackOffLimits } from './back-off.ts'
import type { Requeue, WorkQueue } from './work-queue.ts'

export interface ControllerOptions {
  /** For the metrics and the log. */
  readonly name: string
  /**
   * Brings one object to its wanted state, whatever happened before. What it rejects with comes back after a while,
   * except for `InvalidInput`: the API server would refuse the same again.
   */
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<Requeue | void>
  readonly concurrency: number
  /** After so long its signal ends. */
  readonly timeoutMs?: number
  readonly backOff?: BackOffLimits
  readonly drainMs?: number
  readonly metrics: Metrics
  readonly logger: Logger
}

/** A work queue whose work is reconciling, counted as controller-runtime counts. */
export function startController(options: ControllerOptions): WorkQueue {
  const { name, reconcile, concurrency, timeoutMs = 60_000, metrics, logger } = options
  const counts = reconcileMetrics(name, concurrency, metrics)

  async function work(key: string, stopped: AbortSignal): Promise<Requeue | void> {
    const late = new AbortController()
    const timer = setTimeout(() => {
      counts.timeouts.add({ controller: name })
      late.abort(new Unavailable(`reconciling ${key} took longer than ${timeoutMs} ms`))
    }, timeoutMs)
    const end = counts.begin()
    try {
      const asked = await reconcile(key, AbortSignal.any([stopped, late.signal]))
      end(asked?.requeue ? 'requeue' : asked?.requeueAfterMs === undefined ? 'success' : 'requeue_after')
      return asked
    } catch (error) {
      end('error')
      if (stopped.aborted) return
      counts.failed(error)
      if (error instanceof VitrineError) logger.info({ controller: name, key, error }, 'could not reconcile')
      else logger.error({ controller: name, key, error }, 'could not reconcile: a mistake in this program')
      if (!(error instanceof InvalidInput)) throw error
    } finally {
      clearTimeout(timer)
    }
  }

  const { backOff, drainMs } = options
  return startWorkQueue({
    name,
    work,
    concurrency,
    ...(backOff && { backOff }),
    ...(drainMs !== undefined && { drainMs }),
    metrics,
    logger,
  })
}

const results = ['success', 'error', 'requeue', 'requeue_after'] as const
type Result = (typeof results)[number]

/** Seconds, as controller-runtime has them. */
const reconcileBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5,
  1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
]

/** `controller_runtime_*`; all series are there from the start, so that rates see the first failure. */
function reconcileMetrics(controller: string, concurrency: number, metrics: Metrics) {
  const labels = ['controller'] as const
  const counter = (name: string, help: string) => {
    const made = metrics.counter({ name, help, labels })
    made.add({ controller }, 0)
    return made
  }
  const total = metrics.counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Reconciliations by result.',
    labels: ['controller', 'result'],
  })
  for (const result of results) total.add({ controller, result }, 0)
  const errors = counter('controller_runtime_reconcile_errors_total', 'Reconciliations that failed.')
  const terminal = counter(
    'controller_runtime_terminal_reconcile_errors_total',
    'Reconciliations that failed in a way that trying again does not cure.',
  )
  const panics = counter(
    'controller_runtime_reconcile_panics_total',
    'Reconciliations that met a mistake of the program.',
  )
  const timeouts = counter(
    'controller_runtime_reconcile_timeouts_total',
    'Reconciliations that took too long.',
  )
  const seconds = metrics.histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'How long a reconciliation took.',
    labels,
    buckets: reconcileBuckets,
  })
  let active = 0
  metrics.gauge({
    name: 'controller_runtime_active_workers',
    help: 'Reconciliations in hand.',
    labels,
    collect: gauge => gauge.set({ controller }, active),
  })
  metrics
    .gauge({
      name: 'controller_runtime_max_concurrent_reconciles',
      help: 'Reconciliations that may be in hand at once.',
      labels,
    })
    .set({ controller }, concurrency)

  return {
    timeouts,
    begin() {
      const began = performance.now()
      active += 1
      return (result: Result) => {
        active -= 1
        total.add({ controller, result })
        seconds.observe({ controller }, (performance.now() - began) / 1000)
      }
    },
    failed(error: unknown) {
      errors.add({ controller })
      if (error instanceof InvalidInput) terminal.add({ controller })
      if (!(error instanceof VitrineError)) panics.add({ controller })
    },
  }
}
