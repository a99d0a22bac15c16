import {
  allowRefusedRunAnnotation,
  apiVersion,
  fieldManager,
  kind,
  scheduleLabel,
} from '../resource/names.ts'
import { runEnvironment } from './run-environment.ts'
import type { OwnerReference } from '#internal/kube/objects.ts'
import type { EtlSchedule } from '../resource/etl-schedule.ts'
import type { Resources } from '../resource/resources-field.ts'
import type { ContainerResources, EnvVar, JobSpec, PodFailureRule, PodSpec, Words } from './kubernetes.ts'
import type { RunDefaults } from './run-defaults.ts'

/** The container of a run's pod whose end is the run's end. */
export const runContainer = 'etl'

/** Where Kubernetes reads a container's last words. */
const terminationLog = '/dev/termination-log'

/** What one run is given beside what its EtlSchedule says. */
export interface RunExtras {
  /** Lets the run pass the guard; the value of the annotation that asked for it. */
  readonly allowRefused?: string | undefined
  /** W3C trace context that the run continues. */
  readonly traceparent?: string | undefined
}

/** Says that an object goes with the EtlSchedule; nothing for one that no API server has seen. */
export function ownedBy(
  { metadata }: EtlSchedule,
  how: Pick<OwnerReference, 'controller'> = {},
): { ownerReferences?: readonly OwnerReference[] } {
  if (metadata.uid === '') return {}
  return { ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid, ...how }] }
}

export function labelsOf({ metadata }: EtlSchedule): Words {
  return {
    'app.kubernetes.io/name': 'vitrine',
    'app.kubernetes.io/component': 'etl',
    'app.kubernetes.io/managed-by': fieldManager,
    [scheduleLabel]: metadata.name,
  }
}

/** On a Job that may pass the guard: the annotation's value that it answers. */
export function guardAnnotation({ allowRefused }: RunExtras): Words {
  return allowRefused === undefined ? {} : { [allowRefusedRunAnnotation]: allowRefused }
}

/** What a Job of the EtlSchedule runs, however it was started. */
export function buildJobSpec(schedule: EtlSchedule, defaults: RunDefaults, extras: RunExtras): JobSpec {
  const { backoffLimit, activeDeadlineSeconds } = schedule.spec
  return {
    backoffLimit,
    activeDeadlineSeconds,
    podFailurePolicy: { rules: failureRules },
    template: {
      metadata: { labels: { ...defaults.podLabels, ...labelsOf(schedule) } },
      spec: buildPodSpec(schedule, defaults, extras),
    },
  }
}

const failureRules: readonly PodFailureRule[] = [
  // A run that a person must look at first: another try would end the same.
  { action: 'FailJob', onExitCodes: { containerName: runContainer, operator: 'In', values: [2] } },
  // Drained, preempted, evicted: no fault of the run, so no try of it is used up.
  { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
]

function buildPodSpec(schedule: EtlSchedule, defaults: RunDefaults, extras: RunExtras): PodSpec {
  const { serviceAccountName, imagePullSecrets, nodeSelector, tolerations, envFrom } = defaults
  const { volumes, volumeMounts } = defaults
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    // A Service named vitrine would set VITRINE_PORT and its like.
    enableServiceLinks: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    ...(serviceAccountName !== undefined && { serviceAccountName }),
    ...(imagePullSecrets.length > 0 && { imagePullSecrets }),
    ...(Object.keys(nodeSelector).length > 0 && { nodeSelector }),
    ...(tolerations.length > 0 && { tolerations }),
    ...(volumes.length > 0 && { volumes }),
    containers: [
      {
        name: runContainer,
        image: defaults.image,
        imagePullPolicy: defaults.imagePullPolicy,
        command: defaults.command,
        env: buildEnvironment(schedule, defaults, extras),
        ...(envFrom.length > 0 && { envFrom }),
        resources: asText(schedule.spec.resources ?? defaults.resources),
        ...(volumeMounts.length > 0 && {
          volumeMounts: volumeMounts.map(mount => ({ ...mount, readOnly: true })),
        }),
        terminationMessagePolicy: 'FallbackToLogsOnError',
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
      },
    ],
  }
}

function buildEnvironment(schedule: EtlSchedule, { env }: RunDefaults, extras: RunExtras): EnvVar[] {
  const own: Record<string, string> = {
    ...runEnvironment(schedule),
    VITRINE_TERMINATION_MESSAGE: terminationLog,
    ...(extras.allowRefused !== undefined && { VITRINE_GUARD_OVERRIDE: extras.allowRefused }),
    ...(extras.traceparent !== undefined && { TRACEPARENT: extras.traceparent }),
  }
  const { name, key } = schedule.spec.source.secretRef
  const shopUrl = { name: 'VITRINE_SHOP_URL', valueFrom: { secretKeyRef: { name, key } } }
  return [
    ...env.filter(variable => variable.name !== shopUrl.name && !(variable.name in own)),
    shopUrl,
    ...Object.entries(own).map(([variable, value]) => ({ name: variable, value: literally(value) })),
  ]
}

/** Kubernetes reads `$(NAME)` in a value as another variable, and `$$` as `$`. */
function literally(value: string): string {
  return value.replaceAll('$', '$$$$')
}

function asText({ requests, limits }: Resources): ContainerResources {
  const texts = (amounts: NonNullable<Resources['requests']>) =>
    Object.fromEntries(
      Object.entries(amounts)
        .filter(([, amount]) => amount !== undefined)
        .map(([name, amount]) => [name, String(amount)]),
    )
  return { ...(requests && { requests: texts(requests) }), ...(limits && { limits: texts(limits) }) }
}
