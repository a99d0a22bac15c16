import { conditionOf } from './changes.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { EtlSchedule } from '../resource/etl-schedule.ts'
import type { EtlScheduleStatus, RunRecord, RunResult } from '../resource/status.ts'

/** What dashboards and alerts see of each EtlSchedule. It follows from the status, so a restart shows the same. */
export interface ScheduleMetrics {
  /** Shows this, in the place of what it showed of the EtlSchedule before. `ended` are the runs that ended since. */
  show(key: string, schedule: EtlSchedule, status: EtlScheduleStatus, ended: readonly RunRecord[]): void
  /** Of an EtlSchedule that is gone nothing stays. */
  forget(key: string): void
  /** Another process shows them from now on. */
  forgetAll(): void
}

const labels = ['schedule', 'pipeline'] as const
type Names = Record<(typeof labels)[number], string>

const results = ['Succeeded', 'Failed', 'Refused', 'Skipped'] as const
type Ended = Exclude<RunResult, 'Running'>

interface Shown {
  readonly names: Names
  readonly suspended: boolean
  readonly status: EtlScheduleStatus
  readonly ended: Record<Ended, number>
}

/** Of one EtlSchedule, `undefined` where there is nothing to tell. */
type ValueOf = (shown: Shown) => number | undefined

export function scheduleMetrics(metrics: Metrics): ScheduleMetrics {
  const all = new Map<string, Shown>()

  for (const [name, help, valueOf] of gauges) {
    metrics.observed({ name, help, type: 'gauge', labels, collect: set => collect(set, valueOf) })
  }
  metrics.observed({
    name: 'vitrine_etl_missed_runs_total',
    help: 'Runs that did not start at their time.',
    type: 'counter',
    labels,
    collect: set => collect(set, ({ status }) => status.missedRuns),
  })
  metrics.observed({
    name: 'vitrine_etl_runs_total',
    help: 'Runs that ended since this controller began, by result.',
    type: 'counter',
    labels: [...labels, 'result'],
    collect(set) {
      for (const { names, ended } of all.values()) {
        for (const result of results) set({ ...names, result }, ended[result])
      }
    },
  })

  function collect(set: (names: Names, value: number) => void, valueOf: ValueOf): void {
    for (const shown of all.values()) {
      const value = valueOf(shown)
      if (value !== undefined) set(shown.names, value)
    }
  }

  return {
    show(key, { metadata, spec }, status, newlyEnded) {
      const before = all.get(key)?.ended ?? { Succeeded: 0, Failed: 0, Refused: 0, Skipped: 0 }
      const ended = { ...before }
      for (const { result } of newlyEnded) if (result !== 'Running') ended[result] += 1
      const names = { schedule: metadata.name, pipeline: spec.pipeline }
      all.set(key, { names, suspended: spec.suspend, status, ended })
    },
    forget: key => void all.delete(key),
    forgetAll: () => all.clear(),
  }
}

const secondsOf = (time: string | undefined) => (time === undefined ? undefined : Date.parse(time) / 1_000)

/** 1 and 0, and nothing while unknown. */
const flagOf =
  (type: 'Ready' | 'Healthy'): ValueOf =>
  ({ status }) => {
    const condition = conditionOf(status, type)
    return !condition || condition.status === 'Unknown' ? undefined : Number(condition.status === 'True')
  }

const durationOf: ValueOf = ({ status: { lastRun } }) => {
  if (lastRun?.endTime === undefined) return undefined
  return (Date.parse(lastRun.endTime) - Date.parse(lastRun.startTime)) / 1_000
}

const gauges: readonly (readonly [name: string, help: string, valueOf: ValueOf])[] = [
  [
    'vitrine_etl_last_success_timestamp_seconds',
    'When the last good run ended.',
    ({ status }) => secondsOf(status.lastSuccessfulTime),
  ],
  ['vitrine_etl_last_run_duration_seconds', 'How long the last run took that ended.', durationOf],
  [
    'vitrine_etl_last_run_rows_read',
    "Rows that the last run read from the shop's database.",
    ({ status }) => status.lastRun?.rowsRead,
  ],
  [
    'vitrine_etl_last_run_rows_written',
    'Rows that the last run wrote to the store.',
    ({ status }) => status.lastRun?.rowsWritten,
  ],
  ['vitrine_etl_active_runs', 'Runs under way.', ({ status }) => status.active.length],
  [
    'vitrine_etl_next_run_timestamp_seconds',
    'When the next run is due; not there while suspended.',
    ({ status }) => secondsOf(status.nextScheduleTimes[0]),
  ],
  [
    'vitrine_etl_overdue',
    '1 while a run that is due has not started, else 0.',
    ({ status }) => Number(conditionOf(status, 'Overdue')?.status === 'True'),
  ],
  [
    'vitrine_etl_suspended',
    '1 while the schedule starts no runs, else 0.',
    ({ suspended }) => Number(suspended),
  ],
  ['vitrine_etl_ready', '1 while the CronJob is as the spec says, else 0.', flagOf('Ready')],
  ['vitrine_etl_healthy', '1 where the last run was good, 0 where it was not.', flagOf('Healthy')],
]
