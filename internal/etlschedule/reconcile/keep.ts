import { scheduleLabel } from '../resource/names.ts'
import type { KubeObject } from '#internal/kube/objects.ts'
import type { CronJob, Job, Pod, PodSpec } from '../objects/kubernetes.ts'

/** What is kept of the objects that are watched: for a thousand EtlSchedules the rest would be most of the memory. */

/** An EtlSchedule as the API server gives it; an older CustomResourceDefinition may have let anything in. */
export interface ScheduleObject extends KubeObject {
  readonly spec?: unknown
  readonly status?: unknown
}

/** Holds the whole object once more. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

export function keepSchedule({ metadata, spec, status }: ScheduleObject): ScheduleObject {
  return { metadata: keepMeta(metadata), spec, status }
}

/** Of a CronJob that is not ours, only that it is there. */
export function keepCronJob({ metadata, spec, status }: CronJob): CronJob {
  const ours = metadata.labels?.[scheduleLabel] !== undefined
  return { metadata: keepMeta(metadata), spec: ours ? spec : noSpec, ...(status && { status }) }
}

const noSpec: CronJob['spec'] = {
  schedule: '',
  jobTemplate: { spec: { template: { spec: { containers: [] } } } },
}

export function keepJob({ metadata, spec, status }: Job): Job {
  const { backoffLimit, activeDeadlineSeconds, template } = spec
  return {
    metadata: keepMeta(metadata),
    spec: {
      ...(backoffLimit !== undefined && { backoffLimit }),
      ...(activeDeadlineSeconds !== undefined && { activeDeadlineSeconds }),
      template: { spec: keepPodSpec(template.spec) },
    },
    ...(status && { status }),
  }
}

export function keepPod({ metadata, spec, status }: Pod): Pod {
  return { metadata: keepMeta(metadata), ...(spec && { spec: keepPodSpec(spec) }), ...(status && { status }) }
}

function keepMeta<M extends KubeObject['metadata']>(metadata: M): M {
  const { managedFields: _managedFields, ...kept } = metadata as M & { managedFields?: unknown }
  if (metadata.annotations?.[lastApplied] === undefined) return kept as unknown as M
  const { [lastApplied]: _lastApplied, ...annotations } = metadata.annotations
  return { ...kept, annotations } as unknown as M
}

/** Its environment is the longest part, and of use to nobody here. */
function keepPodSpec({ containers }: PodSpec): PodSpec {
  return {
    containers: containers.map(({ name, image, resources }) => ({
      name,
      image,
      ...(resources && { resources }),
    })),
  }
}
