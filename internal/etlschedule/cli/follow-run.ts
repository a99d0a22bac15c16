import { setTimeout as sleep } from 'node:timers/promises'
import { Conflict, Unavailable } from '#internal/errors/errors.ts'
import { inWords } from '#internal/terminal/times.ts'
import { parseWithoutSpec } from '../resource/etl-schedule.ts'
import { runRequestedAnnotation } from '../resource/names.ts'
import { readSchedule } from './schedules.ts'
import type { EtlSchedule } from '../resource/etl-schedule.ts'
import type { RunRecord } from '../resource/status.ts'
import type { Schedules } from './schedules.ts'

/** A run on request, and how patiently it is followed. */
export interface Following {
  /** Name of the EtlSchedule. */
  readonly name: string
  readonly request: string
  /** Name of the Job that the request gives. */
  readonly job: string
  readonly everyMs: number
  readonly limitMs: number
}

/** Resolves once a controller has taken up the request; `Unavailable` where none does within `limitMs`. */
export async function untilTaken(schedules: Schedules, following: Following): Promise<void> {
  const { name, request, job, limitMs } = following
  const taken = await look(schedules, following, ({ metadata, status }) => {
    const { lastHandledRunRequest, recentRuns } = status
    if (lastHandledRunRequest === request || recentRuns.some(run => run.name === job)) return true
    const asked = metadata.annotations[runRequestedAnnotation]
    if (asked === request) return null
    throw new Conflict(
      `another request (${asked ?? 'none'}) took the place of this one before a controller saw it: ask again`,
    )
  })
  if (taken) return
  throw new Unavailable(
    `no controller has taken up the request for a run of ${name} within ${inWords(limitMs)}; is one running? The request stays: the run starts once there is one`,
  )
}

/**
 * Resolves with the run once it has ended; `Unavailable` where it has not within `limitMs`. Each look at it until then is
 * told, also before its Job is there (`null`).
 */
export async function untilEnded(
  schedules: Schedules,
  following: Following,
  onLook: (run: RunRecord | null) => void,
): Promise<RunRecord> {
  const { name, job, limitMs } = following
  const ended = await look(schedules, following, ({ status }) => {
    const run = status.recentRuns.find(one => one.name === job) ?? null
    if (run !== null && run.result !== 'Running') return run
    onLook(run)
    return null
  })
  if (ended) return ended
  throw new Unavailable(
    `the run ${job} has not ended within ${inWords(limitMs)} and goes on; vitrine schedule runs ${name} tells how it ends`,
  )
}

/** Looks again and again until `found` finds something, or the time is over (`null`). Being away is waited out. */
async function look<T>(
  schedules: Schedules,
  { name, everyMs, limitMs }: Following,
  found: (schedule: Omit<EtlSchedule, 'spec'>) => T | null,
): Promise<T | null> {
  const end = performance.now() + limitMs
  for (;;) {
    let away: unknown = null
    try {
      const result = found(parseWithoutSpec(await readSchedule(schedules, name)))
      if (result !== null) return result
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      away = error
    }
    if (performance.now() + everyMs > end) {
      if (away !== null) throw away
      return null
    }
    await sleep(everyMs, undefined, { signal: schedules.signal })
  }
}
