import type { EventNote } from '#internal/kube/events.ts'
import type { Condition, ConditionType, EtlScheduleStatus, RunRecord, RunResult } from '../resource/status.ts'

/** Runs of the second status that have ended, and had not by the first. */
export function endedRuns(before: EtlScheduleStatus, after: EtlScheduleStatus): RunRecord[] {
  const known = new Set(before.recentRuns.filter(hasEnded).map(({ name }) => name))
  const oldest = before.recentRuns.length < 10 ? undefined : before.recentRuns.at(-1)
  // One that was pushed out of the list before, and is back since another went, was told of.
  const isOld = ({ startTime }: RunRecord) => oldest !== undefined && startTime < oldest.startTime
  return after.recentRuns.filter(run => hasEnded(run) && !known.has(run.name) && !isOld(run)).reverse()
}

const hasEnded = ({ result }: RunRecord) => result !== 'Running'

/** What people are told of a change of status, oldest first, each change once. */
export function eventsOf(before: EtlScheduleStatus, after: EtlScheduleStatus): EventNote[] {
  return [
    ...readinessEvents(before, after),
    ...endedRuns(before, after).map(runEvent),
    ...missedEvents(before, after),
    ...turnedEvents(before, after),
  ]
}

function readinessEvents(before: EtlScheduleStatus, after: EtlScheduleStatus): EventNote[] {
  const [was, is] = [conditionOf(before, 'Ready'), conditionOf(after, 'Ready')]
  if (!is || (was?.status === is.status && was.reason === is.reason)) return []
  const { reason, message } = is
  if (is.status !== 'True') return is.status === 'False' ? [{ type: 'Warning', reason, message }] : []
  return [{ type: 'Normal', reason: was?.reason === 'Suspended' ? 'Resumed' : reason, message }]
}

const runReasons: Record<Exclude<RunResult, 'Running'>, Pick<EventNote, 'type' | 'reason'>> = {
  Succeeded: { type: 'Normal', reason: 'RunSucceeded' },
  Failed: { type: 'Warning', reason: 'RunFailed' },
  Refused: { type: 'Warning', reason: 'RunRefused' },
  Skipped: { type: 'Normal', reason: 'RunSkipped' },
}

function runEvent(run: RunRecord): EventNote {
  const { name, result, rowsRead = 0, rowsWritten = 0, rowsDeleted = 0, message } = run
  const hasFigures =
    rowsRead + rowsWritten + rowsDeleted > 0 || (result === 'Succeeded' && run.rowsRead === 0)
  const rows = hasFigures ? `: ${rowsRead} rows read, ${rowsWritten} written, ${rowsDeleted} deleted` : ''
  const words = message ? `: ${message}` : ''
  return { ...runReasons[result as keyof typeof runReasons], message: `Run ${name}${rows}${words}` }
}

function missedEvents(before: EtlScheduleStatus, after: EtlScheduleStatus): EventNote[] {
  const count = after.missedRuns - before.missedRuns
  if (count <= 0) return []
  const times = after.lastMissedTimes.slice(0, count).join(', ')
  const runs = count === 1 ? 'A run' : `${count} runs`
  const message = `${runs} did not start on time; due at ${times}${count > after.lastMissedTimes.length ? ' and before' : ''}`
  return [{ type: 'Warning', reason: 'MissedRun', message }]
}

/** A schedule that falls behind, and that is well again. */
function turnedEvents(before: EtlScheduleStatus, after: EtlScheduleStatus): EventNote[] {
  const is = (status: EtlScheduleStatus, type: ConditionType, value: Condition['status']) =>
    conditionOf(status, type)?.status === value
  const notes: EventNote[] = []
  const overdue = conditionOf(after, 'Overdue')
  if (overdue?.status === 'True' && !is(before, 'Overdue', 'True')) {
    notes.push({ type: 'Warning', reason: 'Overdue', message: overdue.message })
  }
  const caughtUp = is(before, 'Overdue', 'True') && !is(after, 'Overdue', 'True')
  const cured = is(before, 'Healthy', 'False') && is(after, 'Healthy', 'True')
  if (caughtUp) notes.push({ type: 'Normal', reason: 'Recovered', message: 'Runs start on time again' })
  if (cured) notes.push({ type: 'Normal', reason: 'Recovered', message: 'The last run was good again' })
  return notes
}

export function conditionOf({ conditions }: EtlScheduleStatus, type: ConditionType): Condition | undefined {
  return conditions.find(condition => condition.type === type)
}

/** Why Ready is what it is; a change of it is told by the same word. */
export const readyReasons = [
  'Reconciled',
  'Suspended',
  'SecretMissing',
  'KeyMissing',
  'NameTaken',
  'NotAllowed',
  'Refused',
  'SpecInvalid',
] as const

export type ReadyReason = (typeof readyReasons)[number]

/** Every reason of the Events of an EtlSchedule. */
export const eventReasons = [
  ...readyReasons,
  'Resumed',
  'RunSucceeded',
  'RunFailed',
  'RunRefused',
  'RunSkipped',
  'MissedRun',
  'Overdue',
  'Recovered',
] as const
