import { nextTimes } from '../clock/clock.ts'
import { parseCron } from '../clock/cron.ts'
import { findZone } from '../clock/zone.ts'
import { startGraceMs } from '../observe/missed.ts'
import { buildConditions } from '../observe/conditions.ts'
import { observeMissed } from '../observe/missed-runs.ts'
import { observeRuns } from '../observe/runs.ts'
import { toTime } from '../run-report.ts'
import type { ReadyReason } from './changes.ts'
import type { Progress } from '../observe/conditions.ts'
import type { EtlSchedule } from '../resource/etl-schedule.ts'
import type { EtlScheduleStatus } from '../resource/status.ts'
import type { Pass } from './pass.ts'

const nextCount = 5

/** The whole status, from what a pass has found. The same findings give the same status. */
export function statusAfter({ schedule, cronJob, jobs, pods, now, found }: Pass): EtlScheduleStatus {
  const { metadata, spec, status } = schedule
  const own = found.nameTakenBy === undefined && cronJob ? cronJob : null
  const runs = observeRuns({ jobs, pods, cronJob: own, status, now })
  const missed = observeMissed({ schedule, jobs, cronJob: own, recentRuns: runs.recentRuns, now })
  const since = own?.status?.lastScheduleTime ?? own?.metadata.creationTimestamp
  const next = dueTimes(schedule, now, nextCount, since === undefined ? now : Date.parse(since))
  const conditions = buildConditions(status.conditions, {
    generation: metadata.generation,
    progress: progressOf(schedule, found),
    remark: remarkOn(schedule, found),
    suspended: spec.suspend,
    recentRuns: runs.recentRuns,
    overdueSince: missed.overdueSince,
    isEverDue: next.length > 0,
    time: toTime(now),
  })
  const lastHandledRunRequest = found.handledRunRequest ?? status.lastHandledRunRequest
  const lastHandledGuardOverride = found.handledGuardOverride ?? status.lastHandledGuardOverride
  return {
    observedGeneration: metadata.generation,
    conditions,
    ...runs,
    ...missed.status,
    nextScheduleTimes: spec.suspend ? [] : next.map(toTime),
    ...(lastHandledRunRequest !== undefined && { lastHandledRunRequest }),
    ...(lastHandledGuardOverride !== undefined && { lastHandledGuardOverride }),
    ...(found.nameTakenBy === undefined && { cronJobName: metadata.name }),
  }
}

/** How long a due run's Job may take to be seen before the times to come are told anew. */
const tickMs = 2_000
/** A run under way may be held up without a word of Kubernetes. */
const activeMs = 30_000
/** What somebody must allow first. */
const notAllowedMs = 60_000

/** How long nothing changes by time alone, in milliseconds; `undefined` for ever. */
export function nextLookMs({ schedule, found, now }: Pass, status: EtlScheduleStatus): number | undefined {
  const { spec } = schedule
  const looks: number[] = []
  if (found.notAllowed !== undefined) looks.push(notAllowedMs)
  if (status.active.length > 0) looks.push(activeMs)
  if (!spec.suspend) {
    const [next] = status.nextScheduleTimes
    if (next !== undefined) looks.push(Date.parse(next) + tickMs - now)
    const counted = Date.parse(status.missedCountedUntil ?? toTime(now))
    const [uncounted] = dueTimes(schedule, counted, 1, counted)
    if (uncounted !== undefined) looks.push(uncounted + startGraceMs + tickMs - now)
  }
  return looks.length === 0 ? undefined : Math.max(1_000, Math.min(...looks))
}

function dueTimes({ spec }: EtlSchedule, after: number, count: number, since: number): number[] {
  return nextTimes(parseCron(spec.schedule), findZone(spec.timeZone), after, count, since)
}

/** What stands in the way of the CronJob comes before what stands in the way of its runs. */
function progressOf({ metadata, spec }: EtlSchedule, found: Pass['found']): Progress {
  const { refused, notAllowed, nameTakenBy, source } = found
  const { name, key } = spec.source.secretRef
  if (refused !== undefined) return { kind: 'stalled', reason: 'Refused', message: refused }
  if (nameTakenBy !== undefined) {
    return waiting(
      'NameTaken',
      `CronJob ${metadata.name} ${nameTakenBy}; rename or delete one of the two, this one goes on by itself then`,
    )
  }
  if (notAllowed !== undefined) return waiting('NotAllowed', notAllowed)
  if (source === 'no-secret') {
    return waiting(
      'SecretMissing',
      `Secret ${name} does not exist in namespace ${metadata.namespace}; create it with the key ${key}, this goes on by itself then`,
    )
  }
  if (source === 'no-key') {
    return waiting(
      'KeyMissing',
      `Secret ${name} has no key ${key}; add it, or name another one in spec.source.secretRef.key`,
    )
  }
  return { kind: 'done' }
}

function waiting(reason: ReadyReason, message: string): Progress {
  return { kind: 'waiting', reason, message }
}

function remarkOn({ spec }: EtlSchedule, { source }: Pass['found']): string | undefined {
  if (source !== 'hidden') return undefined
  return `the controller is not allowed to look at Secret ${spec.source.secretRef.name}; the run will tell`
}
