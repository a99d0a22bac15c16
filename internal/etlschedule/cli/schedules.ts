import { Conflict, Misconfigured } from '#internal/errors/errors.ts'
import { parseEtlSchedule } from '../resource/etl-schedule.ts'
import {
  allowRefusedRunAnnotation,
  group,
  kind,
  maxRequestLength,
  plural,
  runRequestedAnnotation,
  version,
} from '../resource/names.ts'
import { nearest } from './nearest.ts'
import type { KubeClient } from '#internal/kube/client.ts'
import type { KubeObject } from '#internal/kube/objects.ts'
import type { EtlSchedule } from '../resource/etl-schedule.ts'

/** The EtlSchedules of one namespace. */
export interface Schedules {
  readonly kube: KubeClient
  readonly namespace: string
  readonly signal: AbortSignal
}

const placeOf = (namespace: string) => ({ group, version, plural, namespace })

/** All of them as the API server has them, unchecked. */
export async function listSchedules({ kube, namespace, signal }: Schedules): Promise<KubeObject[]> {
  return (await kube.list(placeOf(namespace), { signal })).items
}

/** `Misconfigured`, with the names that may have been meant, where there is none of this name. */
export async function readSchedule(schedules: Schedules, name: string): Promise<KubeObject> {
  const { kube, namespace, signal } = schedules
  const found = await kube.get(placeOf(namespace), name, { signal })
  if (found) return found
  const names = (await listSchedules(schedules)).map(({ metadata }) => metadata.name)
  const [first, ...others] = nearest(name, names)
  const meant = first === undefined ? '' : `; did you mean ${[first, ...others].join(' or ')}?`
  const where = names.length === 0 ? `${namespace}, nor any other` : namespace
  throw new Misconfigured(`there is no ${kind} ${name} in the namespace ${where}${meant}`)
}

/** Sets `spec.suspend`; false where it was so already. */
export async function setSuspend(schedules: Schedules, name: string, suspend: boolean): Promise<boolean> {
  const { kube, namespace, signal } = schedules
  const { spec } = (await readSchedule(schedules, name)) as KubeObject & { spec: { suspend?: boolean } }
  if ((spec.suspend ?? false) === suspend) return false
  const patched = await kube.mergePatch(placeOf(namespace), name, { spec: { suspend } }, { signal })
  if (patched === null) throw new Misconfigured(`${kind} ${name} was deleted meanwhile`)
  return true
}

/** A run that was asked for. */
export interface RunRequest {
  readonly schedule: EtlSchedule
  /** The annotation's value. */
  readonly request: string
  /** Was it asked for before, and waits for a controller? */
  readonly joined: boolean
}

const triesOfRequest = 10

/**
 * Asks for one run, now. A request that no controller has taken up yet is joined, since another value would take its
 * place: both who ask have a run that began after they asked.
 */
export async function requestRun(
  schedules: Schedules,
  name: string,
  { allowRefused }: { readonly allowRefused: boolean },
): Promise<RunRequest> {
  const { kube, namespace, signal } = schedules
  for (let tries = 1; ; tries += 1) {
    const schedule = parseEtlSchedule(await readSchedule(schedules, name))
    const waiting = waitingRequest(schedule)
    const request = waiting ?? new Date().toISOString()
    const annotations = {
      ...(waiting === null && { [runRequestedAnnotation]: request }),
      ...(allowRefused && { [allowRefusedRunAnnotation]: request }),
    }
    const joined = waiting !== null
    if (Object.keys(annotations).length === 0) return { schedule, request, joined }
    // Only what was looked at is changed: a request made meanwhile is not overwritten.
    const patch = { metadata: { resourceVersion: schedule.metadata.resourceVersion, annotations } }
    try {
      const patched = await kube.mergePatch(placeOf(namespace), name, patch, { signal })
      if (patched) return { schedule, request, joined }
    } catch (error) {
      if (!(error instanceof Conflict) || tries === triesOfRequest) throw error
    }
  }
}

function waitingRequest({ metadata, status }: EtlSchedule): string | null {
  const request = metadata.annotations[runRequestedAnnotation] ?? ''
  const counts = request !== '' && Buffer.byteLength(request) <= maxRequestLength
  return counts && request !== status.lastHandledRunRequest ? request : null
}
