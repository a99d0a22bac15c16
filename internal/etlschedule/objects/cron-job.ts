import { buildJobSpec, guardAnnotation, labelsOf, ownedBy } from './run-template.ts'
import type { EtlSchedule } from '../resource/etl-schedule.ts'
import type { CronJob } from './kubernetes.ts'
import type { RunDefaults } from './run-defaults.ts'
import type { RunExtras } from './run-template.ts'

/**
 * The CronJob that starts the runs of an EtlSchedule. Its Jobs carry no trigger: `kubectl create job --from` copies what
 * they carry, and Kubernetes itself marks those that the schedule started.
 */
export function buildCronJob(
  schedule: EtlSchedule,
  defaults: RunDefaults,
  extras: Pick<RunExtras, 'allowRefused'> = {},
): CronJob {
  const { metadata, spec } = schedule
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: {
      name: metadata.name,
      namespace: metadata.namespace,
      labels: labelsOf(schedule),
      ...ownedBy(schedule, { controller: true }),
    },
    spec: {
      schedule: spec.schedule,
      timeZone: spec.timeZone,
      suspend: spec.suspend,
      concurrencyPolicy: spec.concurrencyPolicy,
      ...(spec.startingDeadlineSeconds !== undefined && {
        startingDeadlineSeconds: spec.startingDeadlineSeconds,
      }),
      successfulJobsHistoryLimit: spec.successfulRunsHistoryLimit,
      failedJobsHistoryLimit: spec.failedRunsHistoryLimit,
      jobTemplate: {
        metadata: {
          labels: labelsOf(schedule),
          ...(extras.allowRefused !== undefined && { annotations: guardAnnotation(extras) }),
        },
        spec: buildJobSpec(schedule, defaults, extras),
      },
    },
  }
}
