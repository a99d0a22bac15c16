import { toTime } from '../run-report.ts'
import { recordGone, recordRun, startTimeOf } from './run-record.ts'
import type { CronJob, Job, Pod } from '../objects/kubernetes.ts'
import type { EtlScheduleStatus, RunRecord } from '../resource/status.ts'

const maxRecent = 10
const maxActive = 20

/** What there is in the cluster of one EtlSchedule. */
export interface Sightings {
  /** All Jobs with its label. */
  readonly jobs: readonly Job[]
  /** All pods with its label. */
  readonly pods: readonly Pod[]
  readonly cronJob: CronJob | null
  /** What was known before; Jobs that are gone stay known by it. */
  readonly status: EtlScheduleStatus
  /** Epoch milliseconds. */
  readonly now: number
}

export type RunsStatus = Pick<
  EtlScheduleStatus,
  'active' | 'recentRuns' | 'lastRun' | 'lastScheduleTime' | 'lastSuccessfulTime'
>

/** How the runs of an EtlSchedule stand. To look again changes nothing, unless something has happened. */
export function observeRuns({ jobs, pods, cronJob, status, now }: Sightings): RunsStatus {
  const podsByJob = Map.groupBy(pods, jobUidOf)
  const before = new Map(status.recentRuns.map(run => [identityOf(run), run]))
  const seen = jobs.map(job =>
    recordRun({
      job,
      pods: (podsByJob.get(job.metadata.uid) ?? []).toSorted(newestPodFirst),
      before: before.get(identityOf({ name: job.metadata.name, startTime: startTimeOf(job) })),
      now,
    }),
  )
  const present = new Set(seen.map(identityOf))
  const gone = status.recentRuns
    .filter(run => !present.has(identityOf(run)))
    .map(run => (run.result === 'Running' ? recordGone(run, toTime(now)) : run))
  const runs = [...seen, ...gone].toSorted(newestRunFirst)
  const lastRun =
    runs.find(hasEnded) ?? (status.lastRun && hasEnded(status.lastRun) ? status.lastRun : runs[0])
  const lastScheduleTime = latest([
    status.lastScheduleTime,
    cronJob?.status?.lastScheduleTime,
    ...runs.map(run => run.scheduledTime),
  ])
  const lastSuccessfulTime = latest([
    status.lastSuccessfulTime,
    ...runs.filter(({ result }) => result === 'Succeeded').map(run => run.endTime),
  ])
  return {
    active: runs
      .filter(run => !hasEnded(run))
      .slice(0, maxActive)
      .map(({ name }) => name),
    recentRuns: runs.slice(0, maxRecent),
    ...(lastRun && { lastRun }),
    ...(lastScheduleTime !== undefined && { lastScheduleTime }),
    ...(lastSuccessfulTime !== undefined && { lastSuccessfulTime }),
  }
}

export function hasEnded({ result }: RunRecord): boolean {
  return result !== 'Running'
}

/** A Job may be deleted and made anew by the same name. */
function identityOf({ name, startTime }: Pick<RunRecord, 'name' | 'startTime'>): string {
  return `${name} ${startTime}`
}

function jobUidOf({ metadata }: Pod): string | undefined {
  return metadata.ownerReferences?.find(({ kind }) => kind === 'Job')?.uid
}

function newestPodFirst(one: Pod, other: Pod): number {
  const [a, b] = [one.metadata.creationTimestamp ?? '', other.metadata.creationTimestamp ?? '']
  return compare(b, a) || compare(other.metadata.name, one.metadata.name)
}

function newestRunFirst(one: RunRecord, other: RunRecord): number {
  return compare(other.startTime, one.startTime) || compare(other.name, one.name)
}

/** Times as Kubernetes writes them are in order as text. */
function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}

function latest(times: readonly (string | undefined)[]): string | undefined {
  return times
    .filter(time => time !== undefined)
    .toSorted(compare)
    .at(-1)
}
