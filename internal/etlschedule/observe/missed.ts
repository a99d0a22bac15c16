import { countDue, newestDue } from '../clock/count.ts'
import { parseCron } from '../clock/cron.ts'
import { findZone } from '../clock/zone.ts'
import type { Timetable } from '../clock/count.ts'
import type { EtlScheduleSpec } from '../resource/spec.ts'

/** A run that starts within so long is on time: Kubernetes looks at CronJobs every 10 seconds, and may be busy. */
export const startGraceMs = 60_000

/** How many of the missed times are named. */
const namedTimes = 5

/** A run that the schedule started. Both are epoch milliseconds. */
export interface Start {
  readonly due: number
  readonly started: number
}

/** All times are epoch milliseconds. */
export interface MissedQuestion {
  readonly spec: Pick<EtlScheduleSpec, 'schedule' | 'timeZone'>
  /** When the CronJob last started a run, or else when it was made: `@every` counts from there. */
  readonly since: number
  /** What was due up to then has been counted. */
  readonly countedUntil: number
  /** The newest of those that have been counted as missed. */
  readonly newestMissed?: number | undefined
  /** All starts of this CronJob that are known, in any order; the newest must be among them. */
  readonly starts: readonly Start[]
  /** Runs that were due up to then may have gone with their Jobs, unseen: they are not counted. */
  readonly unknownUntil?: number | undefined
  readonly now: number
  readonly graceMs?: number | undefined
}

export interface Missed {
  /** How many more runs did not start at their time. */
  readonly count: number
  /** When the newest five of these were due, newest first. */
  readonly newest: readonly number[]
  /** For the next count: nothing is counted twice, and nothing is left out, however often one counts. */
  readonly countedUntil: number
  /** When the newest run was due that has not started at all; `null` when the newest has. */
  readonly overdueSince: number | null
}

/**
 * Which runs that were due since the last count did not start at their time. A time is counted once it is certain: when
 * the grace is over, or when a later run has started, since a CronJob never goes back. A run that starts after the grace
 * was missed all the same, but is not overdue any more. Only for a schedule that is not suspended; what was due while it
 * was is left out by a `countedUntil` of its resumption, and so is what was due by another spec.
 */
export function missedSince(question: MissedQuestion): Missed {
  const { spec, since, countedUntil, newestMissed, now, graceMs = startGraceMs } = question
  const timetable = { cron: parseCron(spec.schedule), zone: findZone(spec.timeZone), since }
  const newestStart = question.starts.reduce((newest, { due }) => Math.max(newest, due), -Infinity)
  const certainUntil = Math.max(now - graceMs, newestStart)
  const newest = missedIn(timetable, question, { newestStart, certainUntil })
  const [counted = countedUntil] = newestDue(timetable, countedUntil, certainUntil, 1, new Set())
  const last = newest.times[0] ?? newestMissed ?? -Infinity
  return {
    count: newest.count,
    newest: newest.times,
    countedUntil: counted,
    overdueSince: last === counted && last > newestStart ? last : null,
  }
}

function missedIn(
  timetable: Timetable,
  { countedUntil, starts, unknownUntil = -Infinity, graceMs = startGraceMs }: MissedQuestion,
  { newestStart, certainUntil }: { newestStart: number; certainUntil: number },
): { count: number; times: readonly number[] } {
  const after = Math.max(countedUntil, Math.min(unknownUntil, newestStart))
  const onTime = new Set(
    starts
      .filter(({ due, started }) => due > after && started - due <= graceMs && isDue(timetable, due))
      .map(({ due }) => due),
  )
  const count = countDue(timetable, after, certainUntil) - onTime.size
  const times = count > 0 ? newestDue(timetable, after, certainUntil, namedTimes, onTime) : []
  return { count, times }
}

function isDue(timetable: Timetable, time: number): boolean {
  return countDue(timetable, time - 1, time) === 1
}
