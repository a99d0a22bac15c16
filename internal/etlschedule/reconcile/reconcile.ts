import { isDeepStrictEqual } from 'node:util'
import { SpanStatusCode, trace } from '@opentelemetry/api'
import { InvalidInput, Misconfigured } from '#internal/errors/errors.ts'
import { createStatusWriter } from '#internal/kube/status-writer.ts'
import { buildConditions } from '../observe/conditions.ts'
import { parseEtlSchedule, parseWithoutSpec } from '../resource/etl-schedule.ts'
import { apiVersion, kind } from '../resource/names.ts'
import { toTime } from '../run-report.ts'
import { applyCronJob } from './apply-cron-job.ts'
import { endedRuns, eventsOf } from './changes.ts'
import { checkSource } from './check-source.ts'
import { findJobs } from './find-jobs.ts'
import { startRequestedRun } from './start-requested-run.ts'
import { nextLookMs, statusAfter } from './status-after.ts'
import type { EventRecorder } from '#internal/kube/events.ts'
import type { Requeue } from '#internal/kube/work-queue.ts'
import type { EtlSchedule } from '../resource/etl-schedule.ts'
import type { EtlScheduleStatus } from '../resource/status.ts'
import type { ScheduleObject } from './keep.ts'
import type { ScheduleMetrics } from './metrics.ts'
import type { Parts, Pass, Step } from './pass.ts'
import type { Watches } from './watches.ts'

const steps: readonly Step[] = [checkSource, findJobs, startRequestedRun, applyCronJob]

export interface ReconcilerOptions extends Parts {
  readonly watches: Watches
  readonly events: EventRecorder
  readonly figures: ScheduleMetrics
  /** Epoch milliseconds. */
  readonly now: () => number
}

export interface Reconciler {
  /** Brings one EtlSchedule to its wanted state; the last write of each pass is its status. */
  reconcile(key: string, signal: AbortSignal): Promise<Requeue | void>
  /** Forgets what it wrote: another process may have written since. */
  forgetAll(): void
}

/** The status that was written last; until the watch tells of it, what it tells may be any of those before. */
interface Written {
  readonly uid: string | undefined
  /** Oldest first. */
  readonly outdated: readonly unknown[]
  readonly newest: unknown
}

export function createReconciler(options: ReconcilerOptions): Reconciler {
  const { watches, events, figures, client, places, now } = options
  const writer = createStatusWriter(client, { place: places.schedules, apiVersion, kind })
  const tracer = trace.getTracer('vitrine.controller')
  const written = new Map<string, Written>()

  function lastStatus(key: string, { metadata, status }: ScheduleObject): unknown {
    const last = written.get(key)
    const isOutdated = (one: unknown) => isDeepStrictEqual(one, status)
    if (last && last.uid === metadata.uid && last.outdated.some(isOutdated)) return last.newest
    written.delete(key)
    return status
  }

  async function writeStatus(
    key: string,
    object: ScheduleObject,
    status: EtlScheduleStatus,
    signal: AbortSignal,
  ): Promise<boolean> {
    const before = lastStatus(key, object)
    const newest: unknown = JSON.parse(JSON.stringify(status))
    const wrote = await writer.write({ metadata: object.metadata, status: before }, status, { signal })
    if (wrote) {
      const outdated = [...(written.get(key)?.outdated ?? []), before]
      written.set(key, { uid: object.metadata.uid, outdated, newest })
    }
    return wrote
  }

  function tell({ metadata }: ScheduleObject, before: EtlScheduleStatus, after: EtlScheduleStatus): void {
    for (const note of eventsOf(before, after)) events.record({ apiVersion, kind, metadata }, note)
  }

  async function visit(key: string, object: ScheduleObject, signal: AbortSignal): Promise<Requeue | void> {
    const read = readSchedule({ ...object, status: lastStatus(key, object) })
    if ('problem' in read) {
      const status = stalledStatus(read, now())
      if (await writeStatus(key, object, status, signal)) tell(object, read.status, status)
      return
    }
    const schedule = read
    const pass: Pass = {
      schedule,
      cronJob: watches.cronJob(key),
      jobs: watches.jobsOf(key),
      pods: watches.podsOf(key),
      now: now(),
      signal,
      found: {},
    }
    for (const step of steps) await step(pass, options).catch((error: unknown) => noteFailure(pass, error))
    const status = statusAfter(pass)
    const ended = endedRuns(schedule.status, status)
    if (await writeStatus(key, object, status, signal)) tell(object, schedule.status, status)
    figures.show(key, schedule, status, ended)
    const requeueAfterMs = nextLookMs(pass, status)
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs }
  }

  return {
    async reconcile(key, signal) {
      const object = watches.schedule(key)
      if (!object) {
        written.delete(key)
        figures.forget(key)
        return
      }
      // What it has made goes with it.
      if (object.metadata.deletionTimestamp !== undefined) return
      const attributes = { 'vitrine.schedule': key }
      return tracer.startActiveSpan('reconcile etlschedule', { attributes }, async span => {
        try {
          return await visit(key, object, signal)
        } catch (error) {
          span.setStatus({ code: SpanStatusCode.ERROR })
          span.setAttribute('error.type', error instanceof Error ? error.name : 'unknown')
          throw error
        } finally {
          span.end()
        }
      })
    },
    forgetAll() {
      written.clear()
      figures.forgetAll()
    },
  }
}

/** What a retry may cure goes on as an error; what somebody must change first is told in the status. */
function noteFailure({ found }: Pass, error: unknown): void {
  if (error instanceof InvalidInput) found.refused ??= error.message
  else if (error instanceof Misconfigured) found.notAllowed ??= error.message
  else throw error
}

interface Unreadable extends Omit<EtlSchedule, 'spec'> {
  readonly problem: string
}

/** A status that can't be read, such as one of another version, is made anew. */
function readSchedule(object: ScheduleObject): EtlSchedule | Unreadable {
  const whole = { ...object, apiVersion, kind }
  const { status: _status, ...withoutStatus } = whole
  try {
    return firstGood(parseEtlSchedule, [whole, withoutStatus])
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error
    return { ...firstGood(parseWithoutSpec, [whole, withoutStatus]), problem: error.message }
  }
}

function firstGood<T>(parse: (object: unknown) => T, [first, ...others]: readonly unknown[]): T {
  try {
    return parse(first)
  } catch (error) {
    if (others.length === 0 || !(error instanceof InvalidInput)) throw error
    return firstGood(parse, others)
  }
}

/** An older CustomResourceDefinition may have let in what this one refuses. */
function stalledStatus({ metadata, status, problem }: Unreadable, now: number): EtlScheduleStatus {
  const conditions = buildConditions(status.conditions, {
    generation: metadata.generation,
    progress: { kind: 'stalled', reason: 'SpecInvalid', message: problem },
    suspended: false,
    recentRuns: status.recentRuns,
    overdueSince: null,
    isEverDue: true,
    time: toTime(now),
  })
  return { ...status, observedGeneration: metadata.generation, conditions, nextScheduleTimes: [] }
}
