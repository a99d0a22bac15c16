import { triggerAnnotation } from '../resource/names.ts'
import { toTime } from '../run-report.ts'
import type { Job, ObjectCondition } from '../objects/kubernetes.ts'
import type { Trigger } from '../resource/status.ts'

/** How Kubernetes says what it has done: on Jobs of a CronJob, and on those that kubectl made from one. */
const scheduledTimestamp = 'batch.kubernetes.io/cronjob-scheduled-timestamp'
const instantiate = 'cronjob.kubernetes.io/instantiate'

export function triggerOf(job: Job): Trigger {
  const { annotations = {} } = job.metadata
  // kubectl copies all other annotations from the CronJob's template.
  if (instantiate in annotations) return 'manual'
  if (annotations[triggerAnnotation] === 'request') return 'request'
  return isOfCronJob(job) || scheduledTimestamp in annotations ? 'schedule' : 'manual'
}

/** Whether it counts among the Jobs that a CronJob keeps. */
export function isOfCronJob({ metadata }: Job): boolean {
  return metadata.ownerReferences?.some(({ kind, controller }) => kind === 'CronJob' && controller) ?? false
}

/** When a run of the schedule was due; Kubernetes writes it in the schedule's zone. */
export function scheduledTimeOf(job: Job): string | undefined {
  const due = Date.parse(job.metadata.annotations?.[scheduledTimestamp] ?? '')
  return triggerOf(job) === 'schedule' && !Number.isNaN(due) ? toTime(due) : undefined
}

export interface JobEnd {
  readonly complete: boolean
  readonly endTime: string
}

/** How a Job has ended; `null` for one that goes on. */
export function endOf({ status }: Job): JobEnd | null {
  const end = status?.conditions?.find(
    ({ type, status: holds }) => (type === 'Complete' || type === 'Failed') && holds === 'True',
  )
  if (!end) return null
  const endTime = status?.completionTime ?? end.lastTransitionTime ?? status?.startTime ?? ''
  return { complete: end.type === 'Complete', endTime }
}

/** Whether Kubernetes has decided on its end, and clears its pods away first. */
export function isEnding({ status }: Job): boolean {
  const isDecided = ({ type, status: holds }: ObjectCondition) =>
    (type === 'FailureTarget' || type === 'SuccessCriteriaMet') && holds === 'True'
  return status?.conditions?.some(isDecided) ?? false
}
