import { once } from 'node:events'
import { startController } from '#internal/kube/controller.ts'
import { createEventRecorder } from '#internal/kube/events.ts'
import { runAsLeader } from '#internal/kube/leader.ts'
import { createReflectors } from '#internal/kube/reflector.ts'
import { scheduleMetrics } from './metrics.ts'
import { placesIn } from './places.ts'
import { createReconciler } from './reconcile.ts'
import { startSecrets } from './secrets.ts'
import { startWatches } from './watches.ts'
import type { KubeClient } from '#internal/kube/client.ts'
import type { LeaderTimes } from '#internal/kube/leader.ts'
import type { ReflectorTimes } from '#internal/kube/reflector.ts'
import type { Requeue } from '#internal/kube/work-queue.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { RunDefaults } from '../objects/run-defaults.ts'

export interface ScheduleControllerOptions {
  readonly client: KubeClient
  /** The one namespace that it looks after, its Lease included. */
  readonly namespace: string
  readonly defaults: RunDefaults
  /** Name of the Lease. */
  readonly lease: string
  /** Of this process alone. */
  readonly identity: string
  /** EtlSchedules looked at at once. */
  readonly concurrency: number
  readonly metrics: Metrics
  readonly logger: Logger
  /** Epoch milliseconds. */
  readonly now?: () => number
  readonly leaderTimes?: Partial<LeaderTimes>
  readonly reflectorTimes?: Partial<ReflectorTimes>
}

/**
 * Looks after the EtlSchedules of a namespace, one process at a time. Disposing gives the Lease back at once; CronJobs
 * and runs go on without it.
 */
export interface ScheduleController extends AsyncDisposable {
  /** What it does not know yet; `null` once it could work, whether it leads or stands by. */
  problem(): string | null
  /** What only a restart would cure; asks nobody. */
  stuck(): string | null
}

/** A pass is ended after a minute; one that lasts so much longer does not heed its end. */
const stuckMs = 5 * 60_000

export function startScheduleController(options: ScheduleControllerOptions): ScheduleController {
  const { client, namespace, metrics, logger, concurrency, now = Date.now } = options
  const places = placesIn(namespace)
  const stopping = new AbortController()
  const passes = new Set<Promise<unknown>>()
  let leadership: AbortSignal | null = null

  const queue = startController({ name: 'etlschedule', reconcile, concurrency, metrics, logger })
  const add = (key: string) => {
    if (leadership) queue.add(key)
  }
  const addAll = () => watches.keys().forEach(add)
  const times = options.reflectorTimes
  const reflectors = createReflectors({ client, metrics, logger, ...(times && { times }) })
  const watches = startWatches({ reflectors, places, onChange: add, onResync: addAll })
  const secrets = startSecrets({
    client,
    place: places.secrets,
    isInUse: name => leadership !== null && watches.readersOf(name).length > 0,
    onChange: name => watches.readersOf(name).forEach(add),
    logger,
  })
  const events = createEventRecorder({ client, component: client.fieldManager, metrics, logger })
  const figures = scheduleMetrics(metrics)
  const { defaults } = options
  const reconciler = createReconciler({
    client,
    places,
    secrets,
    defaults,
    watches,
    events,
    figures,
    now,
  })

  /** Who does not lead any more writes nothing, and what was cut short is the next leader's. */
  async function reconcile(key: string, signal: AbortSignal): Promise<Requeue | void> {
    const leads = leadership
    if (!leads || leads.aborted) return
    const pass = reconciler.reconcile(key, AbortSignal.any([signal, leads]))
    passes.add(pass)
    try {
      return await pass
    } catch (error) {
      if (!leads.aborted) throw error
    } finally {
      passes.delete(pass)
    }
  }

  async function lead(signal: AbortSignal): Promise<void> {
    leadership = signal
    addAll()
    if (!signal.aborted) await once(signal, 'abort')
    leadership = null
    await Promise.allSettled(passes)
    reconciler.forgetAll()
  }

  async function standForElection(): Promise<void> {
    const stopped = once(stopping.signal, 'abort')
    await Promise.race([watches.synced, stopped])
    if (stopping.signal.aborted) return
    const { lease, identity, leaderTimes } = options
    await runAsLeader({
      client,
      name: lease,
      namespace,
      identity,
      leading: lead,
      signal: stopping.signal,
      ...(leaderTimes && { times: leaderTimes }),
      metrics,
      logger,
    })
  }

  const election = standForElection()
  return {
    problem: () => watches.problem(),
    stuck() {
      const ms = queue.longestRunningMs()
      return ms > stuckMs
        ? `an EtlSchedule has been worked on for ${Math.round(ms / 1_000)} s and does not end`
        : null
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await election
      await using closing = new AsyncDisposableStack()
      closing.use(watches)
      closing.use(secrets)
      closing.use(events)
      closing.use(queue)
    },
  }
}
