import type { KubeClient } from '#internal/kube/client.ts'
import type { CronJob, Job, Pod } from '../objects/kubernetes.ts'
import type { RunDefaults } from '../objects/run-defaults.ts'
import type { EtlSchedule } from '../resource/etl-schedule.ts'
import type { Places } from './places.ts'
import type { KeyState, Secrets } from './secrets.ts'

/** One visit to an EtlSchedule: how it was found, and what the steps have found out. */
export interface Pass {
  /** Its status is what is known of the runs so far. */
  readonly schedule: EtlSchedule
  /** As this visit has left it. */
  cronJob: CronJob | undefined
  /** May grow by Jobs that no watch has told of yet. */
  jobs: readonly Job[]
  readonly pods: readonly Pod[]
  /** Epoch milliseconds. */
  readonly now: number
  readonly signal: AbortSignal
  readonly found: Findings
}

/** What steps find out; each writes its own. */
export interface Findings {
  /** Whether the Secret has the key, as far as that was looked at. */
  source?: KeyState
  /** Another object that has the name of the CronJob, in words. */
  nameTakenBy?: string
  /** What the API server takes in no case, in words. */
  refused?: string
  /** What the controller may not do until somebody lets it, in words. */
  notAllowed?: string
  /** The request for a run that has its Job. */
  handledRunRequest?: string
  /** The request to pass the guard that a Job carries. */
  handledGuardOverride?: string
}

/** What steps work with. */
export interface Parts {
  readonly client: KubeClient
  readonly places: Places
  readonly secrets: Secrets
  readonly defaults: RunDefaults
}

/**
 * One part of the work. Whatever was done before, it may be done again; it can be ended anywhere. It rejects with what
 * trying again may cure.
 */
export type Step = (pass: Pass, parts: Parts) => Promise<void>
