import { group, plural, version } from '../resource/names.ts'
import type { Place } from '#internal/kube/objects.ts'

export interface Places {
  readonly schedules: Place
  readonly cronJobs: Place
  readonly jobs: Place
  readonly pods: Place
  readonly secrets: Place
}

/** Where the objects lie that an EtlSchedule has to do with. */
export function placesIn(namespace: string): Places {
  const core = (kinds: string): Place => ({ group: '', version: 'v1', plural: kinds, namespace })
  const batch = (kinds: string): Place => ({ group: 'batch', version: 'v1', plural: kinds, namespace })
  return {
    schedules: { group, version, plural, namespace },
    cronJobs: batch('cronjobs'),
    jobs: batch('jobs'),
    pods: core('pods'),
    secrets: core('secrets'),
  }
}
