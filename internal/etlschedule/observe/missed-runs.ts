import { parseCron } from '../clock/cron.ts'
import { toTime } from '../run-report.ts'
import { endOf, isOfCronJob, scheduledTimeOf } from './job.ts'
import { missedSince } from './missed.ts'
import { startTimeOf } from './run-record.ts'
import type { CronJob, Job } from '../objects/kubernetes.ts'
import type { EtlSchedule } from '../resource/etl-schedule.ts'
import type { EtlScheduleStatus, RunRecord } from '../resource/status.ts'
import type { Start } from './missed.ts'

const maxNamed = 5

export interface MissedSightings {
  /** As it was read, with the status of the last look. */
  readonly schedule: EtlSchedule
  readonly jobs: readonly Job[]
  readonly cronJob: CronJob | null
  /** As they stand now. */
  readonly recentRuns: readonly RunRecord[]
  /** Epoch milliseconds. */
  readonly now: number
  readonly graceMs?: number
}

export interface MissedRuns {
  /** Must be written together with `observedGeneration`, by whose change counting begins anew. */
  readonly status: Pick<EtlScheduleStatus, 'missedRuns' | 'lastMissedTimes' | 'missedCountedUntil'>
  /** How many were found missed by this look. */
  readonly found: number
  /** When the newest of those found were due, newest first. */
  readonly foundTimes: readonly string[]
  /** When the newest run was due that has not started at all. */
  readonly overdueSince: string | null
}

/** Counts on from where the status stands. While suspended nothing is due; with a new spec counting begins anew. */
export function observeMissed(sightings: MissedSightings): MissedRuns {
  const { schedule, cronJob, now, graceMs } = sightings
  const { metadata, spec, status } = schedule
  const { missedRuns, lastMissedTimes, missedCountedUntil } = status
  const counted = { missedRuns, lastMissedTimes }
  const nothing = { found: 0, foundTimes: [], overdueSince: null }
  const made = cronJob?.metadata.creationTimestamp
  if (status.observedGeneration !== metadata.generation || missedCountedUntil === undefined) {
    // Kubernetes starts nothing that was due before it had the CronJob, which may be made after the clock was read.
    const begins = made === undefined ? now : Math.max(now, Date.parse(made))
    return { status: { ...counted, missedCountedUntil: toTime(begins) }, ...nothing }
  }
  if (spec.suspend) return { status: { ...counted, missedCountedUntil }, ...nothing }
  const lastStart = cronJob?.status?.lastScheduleTime
  const since = Date.parse(lastStart ?? made ?? missedCountedUntil)
  const counts = Date.parse(missedCountedUntil)
  // The ticks of a new CronJob begin with its making, which is none of them.
  const isNewClock = lastStart === undefined && parseCron(spec.schedule).kind === 'every'
  const missed = missedSince({
    spec,
    since,
    countedUntil: isNewClock ? Math.max(counts, since) : counts,
    newestMissed: lastMissedTimes[0] === undefined ? undefined : Date.parse(lastMissedTimes[0]),
    starts: startsOf(sightings),
    unknownUntil: unknownUntil(sightings),
    now,
    graceMs,
  })
  const foundTimes = missed.newest.map(toTime)
  return {
    status: {
      missedRuns: missedRuns + missed.count,
      lastMissedTimes: [...foundTimes, ...lastMissedTimes].slice(0, maxNamed),
      missedCountedUntil: toTime(missed.countedUntil),
    },
    found: missed.count,
    foundTimes,
    overdueSince: missed.overdueSince === null ? null : toTime(missed.overdueSince),
  }
}

/** What is known of starts; of one whose Job nobody saw, that it was on time. */
function startsOf({ schedule, jobs, cronJob, recentRuns }: MissedSightings): Start[] {
  const started = new Map<number, number>()
  const add = (due: string | undefined, start: string | undefined) => {
    if (due === undefined) return
    const at = Date.parse(due)
    if (!started.has(at)) started.set(at, Date.parse(start ?? due))
  }
  for (const job of jobs) add(scheduledTimeOf(job), startTimeOf(job))
  for (const { scheduledTime, startTime } of recentRuns) add(scheduledTime, startTime)
  add(cronJob?.status?.lastScheduleTime, undefined)
  add(schedule.status.lastScheduleTime, undefined)
  return [...started].map(([due, at]) => ({ due, started: at }))
}

/**
 * A CronJob keeps its newest Jobs, those that kubectl made from it included; where it has as many as it may, older ones
 * may have come and gone.
 */
function unknownUntil({ schedule, jobs }: MissedSightings): number {
  const { successfulRunsHistoryLimit, failedRunsHistoryLimit } = schedule.spec
  const oldestKept = (complete: boolean, limit: number) => {
    const kept = jobs
      .filter(job => isOfCronJob(job) && endOf(job)?.complete === complete)
      .map(job => Date.parse(scheduledTimeOf(job) ?? startTimeOf(job)))
    // Where none is kept, nothing is known: the oldest of none is Infinity.
    return kept.length < limit ? -Infinity : Math.min(...kept)
  }
  return Math.max(oldestKept(true, successfulRunsHistoryLimit), oldestKept(false, failedRunsHistoryLimit))
}
