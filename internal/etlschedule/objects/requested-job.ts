import { createHash } from 'node:crypto'
import { triggerAnnotation } from '../resource/names.ts'
import { buildJobSpec, guardAnnotation, labelsOf, ownedBy } from './run-template.ts'
import type { EtlSchedule } from '../resource/etl-schedule.ts'
import type { Job } from './kubernetes.ts'
import type { RunDefaults } from './run-defaults.ts'
import type { RunExtras } from './run-template.ts'

/** Long enough to look at its log the next morning. */
const keptForSeconds = 86_400

/**
 * The name of the Job that answers a request: the same for the same request of the same EtlSchedule, so that it is
 * answered once whoever tries again; another one for an EtlSchedule that was deleted and made anew. At most 63
 * characters, and unlike the names that a CronJob gives.
 */
export function requestedJobName({ metadata }: EtlSchedule, request: string): string {
  const digest = createHash('sha256').update(`${metadata.uid}\n${request}`).digest('hex')
  return `${metadata.name}-${digest.slice(0, 10)}`
}

/** The Job of a run on request. It belongs to the EtlSchedule, and goes a day after its end. */
export function buildRequestedJob(
  schedule: EtlSchedule,
  defaults: RunDefaults,
  request: string,
  extras: RunExtras = {},
): Job {
  const { metadata } = schedule
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: requestedJobName(schedule, request),
      namespace: metadata.namespace,
      labels: labelsOf(schedule),
      annotations: { [triggerAnnotation]: 'request', ...guardAnnotation(extras) },
      // Not as its controller: Kubernetes takes a Job whose controller has the CronJob's name for one of the CronJob's,
      // counts it as under way, and clears it away.
      ...ownedBy(schedule),
    },
    spec: { ...buildJobSpec(schedule, defaults, extras), ttlSecondsAfterFinished: keptForSeconds },
  }
}
