import { encodeRunReport } from '../run-report.ts'
import type { ContainerStatus, Job, ObjectCondition, Pod, Terminated } from '../objects/kubernetes.ts'
import type { RunReport } from '../run-report.ts'

/** Jobs and pods as Kubernetes writes them. */

export const reportOf = (change: Partial<RunReport> = {}): RunReport => ({
  pipeline: 'orders',
  result: 'Succeeded',
  startTime: '2026-11-01T10:00:02Z',
  endTime: '2026-11-01T10:00:09Z',
  seconds: 7,
  rowsRead: 30,
  rowsWritten: 20,
  rowsDeleted: 1,
  watermark: '2026-11-01T09:59:00Z',
  ...change,
})

export function jobOf(
  name: string,
  status: Job['status'] = {},
  metadata: Partial<Job['metadata']> = {},
): Job {
  return {
    metadata: {
      name,
      uid: `uid-${name}`,
      creationTimestamp: '2026-11-01T10:00:00Z',
      annotations: { 'vitrine.dev/trigger': 'request' },
      ...metadata,
    },
    spec: { backoffLimit: 2, activeDeadlineSeconds: 60, template: { spec: { containers: [] } } },
    status,
  }
}

const condition = (type: string, reason: string, message: string): ObjectCondition => ({
  type,
  status: 'True',
  reason,
  message,
  lastTransitionTime: '2026-11-01T10:01:00Z',
})

export const complete: Job['status'] = {
  completionTime: '2026-11-01T10:00:10Z',
  conditions: [
    condition('SuccessCriteriaMet', 'CompletionsReached', 'Reached expected number of succeeded pods'),
    condition('Complete', 'CompletionsReached', 'Reached expected number of succeeded pods'),
  ],
}

export const failedBy = (reason: string, message = ''): Job['status'] => ({
  failed: 1,
  conditions: [condition('FailureTarget', reason, message), condition('Failed', reason, message)],
})

export const outOfTries = failedBy('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
export const outOfTime = failedBy('DeadlineExceeded', 'Job was active longer than specified deadline')

export interface PodChange {
  readonly status?: Pod['status']
  readonly state?: ContainerStatus['state']
  readonly memory?: string
  readonly created?: string
  readonly deleted?: string
}

/** A pod of the Job; `state` is that of its container. */
export function podOf(job: Job, { status, state, memory, created, deleted }: PodChange = {}): Pod {
  const limits = memory === undefined ? {} : { memory }
  return {
    metadata: {
      name: `${job.metadata.name}-${created ?? 'first'}`,
      creationTimestamp: created ?? '2026-11-01T10:00:01Z',
      ...(deleted !== undefined && { deletionTimestamp: deleted }),
      ownerReferences: [
        {
          apiVersion: 'batch/v1',
          kind: 'Job',
          name: job.metadata.name,
          uid: job.metadata.uid ?? '',
          controller: true,
        },
      ],
    },
    spec: { containers: [{ name: 'etl', image: 'registry.example/vitrine:1', resources: { limits } }] },
    status: { ...status, ...(state && { containerStatuses: [{ name: 'etl', state }] }) },
  }
}

/** A pod whose container has ended. */
export function endedPod(job: Job, end: Partial<Terminated>, change: PodChange = {}): Pod {
  const terminated = { exitCode: 1, reason: 'Error', ...end }
  const phase = terminated.exitCode === 0 ? 'Succeeded' : 'Failed'
  return podOf(job, { ...change, status: { phase, ...change.status }, state: { terminated } })
}

export const reportingPod = (job: Job, report: RunReport, exitCode: number, change?: PodChange): Pod =>
  endedPod(job, { exitCode, message: encodeRunReport(report) }, change)
