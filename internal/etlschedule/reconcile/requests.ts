import { allowRefusedRunAnnotation, maxRequestLength, runRequestedAnnotation } from '../resource/names.ts'
import type { Job } from '../objects/kubernetes.ts'
import type { Pass } from './pass.ts'

/** The request for a run that has not been answered yet. */
export function requestedRun({ schedule }: Pick<Pass, 'schedule'>): string | undefined {
  const request = valueOf(schedule.metadata.annotations[runRequestedAnnotation])
  return request === schedule.status.lastHandledRunRequest ? undefined : request
}

/** The request to pass the guard that the status does not tell of yet. */
export function requestedOverride({ schedule }: Pick<Pass, 'schedule'>): string | undefined {
  const override = valueOf(schedule.metadata.annotations[allowRefusedRunAnnotation])
  return override === schedule.status.lastHandledGuardOverride ? undefined : override
}

/** Whether the Job may pass the guard by this request. */
export function carries({ metadata }: Job, override: string): boolean {
  return metadata.annotations?.[allowRefusedRunAnnotation] === override
}

/** Cut to what the status can echo. */
function valueOf(annotation: string | undefined): string | undefined {
  const value = Array.from(annotation ?? '')
    .slice(0, maxRequestLength)
    .join('')
  return value === '' ? undefined : value
}
