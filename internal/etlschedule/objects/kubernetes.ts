import type { KubeObject } from '#internal/kube/objects.ts'
import type { EtlScheduleSpec } from '../resource/spec.ts'

/** What this project writes and reads of Kubernetes' own objects. Times are RFC 3339 in UTC. */

export interface CronJob extends KubeObject {
  readonly spec: CronJobSpec
  readonly status?: {
    readonly lastScheduleTime?: string
    readonly active?: readonly { readonly name?: string }[]
  }
}

export interface CronJobSpec {
  readonly schedule: string
  readonly timeZone?: string
  readonly suspend?: boolean
  readonly concurrencyPolicy?: EtlScheduleSpec['concurrencyPolicy']
  readonly startingDeadlineSeconds?: number
  readonly successfulJobsHistoryLimit?: number
  readonly failedJobsHistoryLimit?: number
  readonly jobTemplate: { readonly metadata?: TemplateMeta; readonly spec: JobSpec }
}

export interface TemplateMeta {
  readonly labels?: Words
  readonly annotations?: Words
}

export type Words = Readonly<Record<string, string>>

export interface Job extends KubeObject {
  readonly spec: JobSpec
  readonly status?: {
    readonly startTime?: string
    readonly completionTime?: string
    readonly active?: number
    readonly failed?: number
    readonly conditions?: readonly ObjectCondition[]
  }
}

export interface JobSpec {
  readonly backoffLimit?: number
  readonly activeDeadlineSeconds?: number
  readonly ttlSecondsAfterFinished?: number
  readonly podFailurePolicy?: { readonly rules: readonly PodFailureRule[] }
  readonly template: { readonly metadata?: TemplateMeta; readonly spec: PodSpec }
}

export interface PodFailureRule {
  readonly action: 'FailJob' | 'Ignore' | 'Count'
  readonly onExitCodes?: {
    readonly containerName: string
    readonly operator: 'In' | 'NotIn'
    readonly values: readonly number[]
  }
  readonly onPodConditions?: readonly { readonly type: string; readonly status: string }[]
}

/** A condition as Jobs and pods have them. */
export interface ObjectCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
}

export interface Pod extends KubeObject {
  readonly spec?: PodSpec
  readonly status?: {
    readonly phase?: string
    readonly reason?: string
    readonly message?: string
    readonly conditions?: readonly ObjectCondition[]
    readonly containerStatuses?: readonly ContainerStatus[]
  }
}

export interface PodSpec {
  readonly restartPolicy?: 'Never' | 'OnFailure' | 'Always'
  readonly automountServiceAccountToken?: boolean
  readonly enableServiceLinks?: boolean
  readonly serviceAccountName?: string
  readonly imagePullSecrets?: readonly { readonly name: string }[]
  readonly nodeSelector?: Words
  readonly tolerations?: readonly Toleration[]
  readonly securityContext?: {
    readonly runAsNonRoot: boolean
    readonly seccompProfile: { readonly type: 'RuntimeDefault' }
  }
  readonly containers: readonly Container[]
  readonly volumes?: readonly Volume[]
}

export interface Volume {
  readonly name: string
  readonly secret?: (FilesOf & { readonly secretName: string }) | undefined
  readonly configMap?: (FilesOf & { readonly name: string }) | undefined
}

interface FilesOf {
  readonly items?: readonly { readonly key: string; readonly path: string }[] | undefined
  readonly optional?: boolean | undefined
}

export interface Toleration {
  readonly key?: string | undefined
  readonly operator?: 'Exists' | 'Equal' | undefined
  readonly value?: string | undefined
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute' | undefined
  readonly tolerationSeconds?: number | undefined
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never'
  readonly command?: readonly string[]
  readonly env?: readonly EnvVar[]
  readonly envFrom?: readonly EnvFrom[]
  readonly resources?: ContainerResources
  readonly volumeMounts?: readonly {
    readonly name: string
    readonly mountPath: string
    readonly readOnly?: boolean
  }[]
  readonly terminationMessagePolicy?: 'File' | 'FallbackToLogsOnError'
  readonly securityContext?: {
    readonly allowPrivilegeEscalation: boolean
    readonly readOnlyRootFilesystem: boolean
    readonly capabilities: { readonly drop: readonly string[] }
  }
}

/** Amounts as text: the API server turns numbers into text. */
export interface ContainerResources {
  readonly requests?: Words
  readonly limits?: Words
}

export interface EnvVar {
  readonly name: string
  readonly value?: string | undefined
  readonly valueFrom?: EnvSource | undefined
}

export interface EnvSource {
  readonly secretKeyRef?: KeyRef | undefined
  readonly configMapKeyRef?: KeyRef | undefined
  readonly fieldRef?: { readonly fieldPath: string } | undefined
}

export interface KeyRef {
  readonly name: string
  readonly key: string
  readonly optional?: boolean | undefined
}

export interface EnvFrom {
  readonly prefix?: string | undefined
  readonly secretRef?: { readonly name: string; readonly optional?: boolean | undefined } | undefined
  readonly configMapRef?: { readonly name: string; readonly optional?: boolean | undefined } | undefined
}

export interface ContainerStatus {
  readonly name: string
  readonly restartCount?: number
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string }
    readonly running?: { readonly startedAt?: string }
    readonly terminated?: Terminated
  }
}

export interface Terminated {
  readonly exitCode: number
  readonly signal?: number
  readonly reason?: string
  /** What the process wrote into its termination message, or else the end of its log. */
  readonly message?: string
  readonly startedAt?: string
  readonly finishedAt?: string
}
