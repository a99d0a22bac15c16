import { Conflict } from '#internal/errors/errors.ts'
import { pause } from './back-off.ts'
import { NotFound } from './errors.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { KubeClient } from './client.ts'
import type { KubeObject, Place } from './objects.ts'

/** How long a lease holds, and how it is kept. All in milliseconds. */
export interface LeaderTimes {
  /** After so long without a renewal another may lead; whole seconds. */
  readonly leaseMs: number
  /** Work is told to stop after so long without a renewal, long enough before the lease lapses to do so. */
  readonly deadlineMs: number
  readonly renewEveryMs: number
  /** How often who does not lead looks whether the lease is free. */
  readonly lookEveryMs: number
}

/** A leader that is killed is followed within 15 s, one that leaves within 2. */
const defaultTimes: LeaderTimes = {
  leaseMs: 12_000,
  deadlineMs: 8_000,
  renewEveryMs: 2_000,
  lookEveryMs: 1_000,
}

export interface LeaderOptions {
  readonly client: KubeClient
  /** Of the Lease. */
  readonly name: string
  readonly namespace: string
  /** Of this process alone, for example its host's name and a random id. */
  readonly identity: string
  /**
   * Called whenever this process begins to lead. Its signal ends when it must stop: within `leaseMs - deadlineMs`. It is
   * called again after a lease was lost and won again.
   */
  readonly leading: (signal: AbortSignal) => Promise<void>
  /** Ends the candidature; the lease is given back once `leading` has returned. */
  readonly signal: AbortSignal
  readonly times?: Partial<LeaderTimes>
  readonly metrics: Metrics
  readonly logger: Logger
}

/** As `coordination.k8s.io/v1` has it. */
export interface LeaseObject extends KubeObject {
  readonly spec: {
    readonly holderIdentity?: string
    readonly leaseDurationSeconds?: number
    readonly acquireTime?: string
    readonly renewTime?: string
    readonly leaseTransitions?: number
  }
}

/**
 * Runs `leading` in one process at a time, among all that name the same Lease. Others' clocks are not trusted: a lease has
 * lapsed when it did not change for its duration, by one's own clock. Returns when the signal ends; rejects as
 * `leading` does.
 */
export async function runAsLeader(options: LeaderOptions): Promise<void> {
  const { name, identity, signal, logger } = options
  const times = { ...defaultTimes, ...options.times }
  const status = options.metrics.gauge({
    name: 'leader_election_master_status',
    help: '1 while this process leads, else 0.',
    labels: ['name'],
  })
  status.set({ name }, 0)
  while (!signal.aborted) {
    const held = await acquire(options, times)
    if (held === null) return
    logger.info({ lease: name, identity }, 'leads')
    try {
      await lead(options, times, held, isLeading => status.set({ name }, Number(isLeading)))
    } finally {
      logger.info({ lease: name, identity }, 'does not lead any more')
    }
  }
}

/** The lease as this process holds it. */
interface Held {
  lease: LeaseObject
  /** When the last good renewal was asked for. */
  readonly renewedAt: number
}

const placeOf = ({ namespace }: LeaderOptions): Place => ({
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  namespace,
})

/** Looks at the lease until it can be taken; `null` when the signal ended before. */
async function acquire(options: LeaderOptions, { leaseMs, lookEveryMs }: LeaderTimes): Promise<Held | null> {
  const { client, name, identity, signal, logger } = options
  const place = placeOf(options)
  let seen: { readonly version: string | undefined; readonly at: number } | null = null

  const asking = { signal, timeoutMs: leaseMs / 4 }

  async function look(): Promise<Held | null> {
    const renewedAt = performance.now()
    const lease = await client.get<LeaseObject>(place, name, asking)
    if (lease === null) {
      const fresh = taken(newLease(options), identity, leaseMs)
      return { lease: await client.create(place, fresh, asking), renewedAt }
    }
    const version = lease.metadata.resourceVersion
    const now = performance.now()
    if (seen === null || seen.version !== version) seen = { version, at: now }
    if (!isFree(lease, identity, now - seen.at)) return null
    return {
      lease: await client.update(place, taken(lease, identity, leaseMs), asking),
      renewedAt,
    }
  }

  while (!signal.aborted) {
    try {
      const held = await look()
      if (held) return held
    } catch (error) {
      if (!signal.aborted) logger.debug({ lease: name, error }, 'could not take the lease')
    }
    await pause(lookEveryMs * (0.75 + Math.random() / 2), signal)
  }
  return null
}

function isFree({ spec }: LeaseObject, identity: string, unchangedMs: number): boolean {
  const { holderIdentity, leaseDurationSeconds = 0 } = spec
  if (holderIdentity === undefined || holderIdentity === '' || holderIdentity === identity) return true
  return unchangedMs > leaseDurationSeconds * 1000
}

const newLease = ({ name, namespace }: LeaderOptions): LeaseObject => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name, namespace },
  spec: {},
})

/** Kubernetes' MicroTime. */
const microTime = () => new Date().toISOString().replace('Z', '000Z')

function taken(lease: LeaseObject, identity: string, leaseMs: number): LeaseObject {
  const { holderIdentity, acquireTime, leaseTransitions = 0 } = lease.spec
  const mine = holderIdentity === identity && acquireTime !== undefined
  const now = microTime()
  return {
    ...lease,
    spec: {
      ...lease.spec,
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(leaseMs / 1000),
      renewTime: now,
      acquireTime: mine ? acquireTime : now,
      leaseTransitions: mine || holderIdentity === undefined ? leaseTransitions : leaseTransitions + 1,
    },
  }
}

/** Works while the lease is renewed, and gives it back after; returns when it is lost or the signal ended. */
async function lead(
  options: LeaderOptions,
  times: LeaderTimes,
  held: Held,
  tell: (isLeading: boolean) => void,
): Promise<void> {
  const { signal, name, leading, logger } = options
  const lost = new AbortController()
  const done = new AbortController()
  lost.signal.addEventListener('abort', () => tell(false))
  tell(true)
  const renewing = keepRenewing(options, times, held, lost, done.signal)
  try {
    await leading(AbortSignal.any([signal, lost.signal]))
  } catch (error) {
    if (!lost.signal.aborted && !signal.aborted) throw error
    logger.debug({ lease: name, error }, 'work ended by its signal')
  } finally {
    done.abort()
    await renewing
    if (!lost.signal.aborted) await release(options, held)
    tell(false)
  }
}

/** Renews until told that the work is done; ends `lost` at the deadline, or once another holds the lease. */
async function keepRenewing(
  options: LeaderOptions,
  { leaseMs, deadlineMs, renewEveryMs }: LeaderTimes,
  held: Held,
  lost: AbortController,
  done: AbortSignal,
): Promise<void> {
  const { client, name, identity, logger } = options
  const place = placeOf(options)
  const ended = AbortSignal.any([lost.signal, done])
  const asking = { signal: lost.signal, timeoutMs: deadlineMs / 3 }
  let timer: NodeJS.Timeout | undefined

  function renewed(lease: LeaseObject, askedAt: number): void {
    held.lease = lease
    clearTimeout(timer)
    const late = () => lost.abort(new Conflict(`the lease ${name} could not be renewed in time`))
    timer = setTimeout(late, askedAt + deadlineMs - performance.now())
  }

  /** The end of the work does not cut it short: whether the lease was renewed must be known to give it back. */
  async function renew(): Promise<void> {
    const askedAt = performance.now()
    try {
      renewed(await client.update(place, taken(held.lease, identity, leaseMs), asking), askedAt)
    } catch (error) {
      logger.debug({ lease: name, error }, 'could not renew the lease')
      if (!(error instanceof Conflict || error instanceof NotFound)) return
      const now = await client.get<LeaseObject>(place, name, asking)
      if (now?.spec.holderIdentity === identity) held.lease = now
      else lost.abort(new Conflict(`the lease ${name} is held by ${now?.spec.holderIdentity || 'nobody'}`))
    }
  }

  renewed(held.lease, held.renewedAt)
  while (!ended.aborted) {
    await pause(renewEveryMs * (0.75 + Math.random() / 2), ended)
    if (!ended.aborted)
      await renew().catch((error: unknown) => logger.debug({ error }, 'could not look at the lease'))
  }
  clearTimeout(timer)
}

/** So that another need not wait for it to lapse; it does so by itself where this fails. */
async function release(options: LeaderOptions, { lease }: Held): Promise<void> {
  const { client, name, identity, logger } = options
  const place = placeOf(options)
  const asking = { timeoutMs: 1_000 }
  const freed = ({ spec, ...rest }: LeaseObject): LeaseObject => ({
    ...rest,
    spec: { ...spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime() },
  })
  try {
    await client.update(place, freed(lease), asking).catch(async (error: unknown) => {
      const now = error instanceof Conflict ? await client.get<LeaseObject>(place, name, asking) : null
      if (now?.spec.holderIdentity !== identity) throw error
      await client.update(place, freed(now), asking)
    })
  } catch (error) {
    logger.warn({ lease: name, error }, 'could not give back the lease; it lapses by itself')
  }
}
