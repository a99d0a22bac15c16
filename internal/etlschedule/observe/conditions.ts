import { hasEnded } from './runs.ts'
import type { Condition, ConditionType, EtlScheduleStatus, RunRecord } from '../resource/status.ts'

const maxMessageLength = 2_048

/** How far the controller came with a spec. */
export type Progress =
  /** The CronJob is as the spec says. */
  | { readonly kind: 'done' }
  /** Something is in the way that may go by itself, or by another object: it is tried again. */
  | { readonly kind: 'waiting'; readonly reason: string; readonly message: string }
  /** Trying again cures nothing: the EtlSchedule must change, or what stands in its place. */
  | { readonly kind: 'stalled'; readonly reason: string; readonly message: string }

export interface Facts {
  readonly generation: number
  readonly progress: Progress
  /** A remark on a spec that was done, such as what the controller may not look at. */
  readonly remark?: string | undefined
  readonly suspended: boolean
  /** Newest first, as they stand now. */
  readonly recentRuns: readonly RunRecord[]
  /** When the newest run was due that has not started. */
  readonly overdueSince: string | null
  /** Whether any run is ever due. */
  readonly isEverDue: boolean
  /** Now, as Kubernetes writes times. */
  readonly time: string
}

type Saying = Pick<Condition, 'status' | 'reason' | 'message'>

/**
 * The conditions by Kubernetes' conventions, as kstatus reads them: Ready says whether the spec is carried out, and
 * nothing of runs; Reconciling and Stalled are there only while they are true. When a condition last changed is kept
 * from before unless its status changes.
 */
export function buildConditions(
  before: EtlScheduleStatus['conditions'],
  facts: Facts,
): EtlScheduleStatus['conditions'] {
  const sayings: [ConditionType, Saying | null][] = [
    ['Ready', ready(facts)],
    ['Healthy', healthy(facts, before)],
    ['Overdue', overdue(facts)],
    ['Reconciling', presence(facts.progress, 'waiting')],
    ['Stalled', presence(facts.progress, 'stalled')],
  ]
  return sayings.flatMap(([type, saying]) => {
    if (!saying) return []
    const known = before.find(condition => condition.type === type)
    const lastTransitionTime = known?.status === saying.status ? known.lastTransitionTime : facts.time
    const message = saying.message.slice(0, maxMessageLength)
    return [{ type, ...saying, message, lastTransitionTime, observedGeneration: facts.generation }]
  })
}

function ready({ progress, suspended, remark }: Facts): Saying {
  if (progress.kind !== 'done') {
    return { status: 'False', reason: progress.reason, message: progress.message }
  }
  const message = suspended
    ? 'No runs start by the schedule while spec.suspend is true; runs on request do'
    : 'The CronJob is as the spec says'
  return {
    status: 'True',
    reason: suspended ? 'Suspended' : 'Reconciled',
    message: remark === undefined ? message : `${message}; ${remark}`,
  }
}

const unhealthy = { Failed: 'RunFailed', Refused: 'RunRefused' } as const

/** A skipped run says nothing: another one was under way, which says it. */
function healthy({ recentRuns }: Facts, before: readonly Condition[]): Saying {
  const last = recentRuns.find(run => hasEnded(run) && run.result !== 'Skipped')
  if (!last) {
    const known = before.find(({ type }) => type === 'Healthy')
    if (known) return { status: known.status, reason: known.reason, message: known.message }
    return { status: 'Unknown', reason: 'NoRunYet', message: 'No run has ended yet' }
  }
  const { name, result, message } = last
  if (result === 'Failed' || result === 'Refused') {
    const words = result === 'Failed' ? 'failed' : 'was refused by the guard'
    return { status: 'False', reason: unhealthy[result], message: `Run ${name} ${words}: ${message ?? ''}` }
  }
  return { status: 'True', reason: 'RunSucceeded', message: `Run ${name} was good` }
}

function overdue({ suspended, overdueSince, isEverDue, recentRuns }: Facts): Saying {
  if (suspended) return { status: 'False', reason: 'Suspended', message: 'Nothing is due while suspended' }
  if (overdueSince !== null) {
    return { status: 'True', reason: 'RunMissed', message: `${missedWords(overdueSince, recentRuns)}` }
  }
  if (!isEverDue) {
    return {
      status: 'False',
      reason: 'NeverDue',
      message:
        'The schedule is not due within the next five years; correct spec.schedule if runs are meant to start',
    }
  }
  return { status: 'False', reason: 'OnTime', message: 'Every run that was due has started' }
}

function missedWords(since: string, recentRuns: readonly RunRecord[]): string {
  const running = recentRuns.find(run => run.trigger === 'schedule' && !hasEnded(run))
  return running
    ? `The run that was due at ${since} has not started; ${running.name} still runs, and spec.concurrencyPolicy may let only one`
    : `The run that was due at ${since} has not started; see kubectl describe cronjob, and whether Kubernetes' own controllers run`
}

function presence(progress: Progress, kind: 'waiting' | 'stalled'): Saying | null {
  if (progress.kind !== kind) return null
  return { status: 'True', reason: progress.reason, message: progress.message }
}
