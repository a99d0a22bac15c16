import { keyOf } from '#internal/kube/objects.ts'
import { scheduleLabel } from '../resource/names.ts'
import { keepCronJob, keepJob, keepPod, keepSchedule } from './keep.ts'
import type { KubeObject } from '#internal/kube/objects.ts'
import type { Change, Reflectors } from '#internal/kube/reflector.ts'
import type { CronJob, Job, Pod } from '../objects/kubernetes.ts'
import type { ScheduleObject } from './keep.ts'
import type { Places } from './places.ts'

/** The EtlSchedules of a namespace and what belongs to them, as last heard of. */
export interface Watches extends AsyncDisposable {
  schedule(key: string): ScheduleObject | undefined
  /** The CronJob of this name, whoever made it. */
  cronJob(key: string): CronJob | undefined
  jobsOf(key: string): readonly Job[]
  podsOf(key: string): readonly Pod[]
  /** Keys of all EtlSchedules. */
  keys(): readonly string[]
  /** Keys of the EtlSchedules whose source is this Secret. */
  readersOf(secret: string): readonly string[]
  /** Never rejects. */
  readonly synced: Promise<unknown>
  /** Which kinds are not known yet, and why; `null` once all were listed. */
  problem(): string | null
}

export interface WatchesOptions {
  readonly reflectors: Reflectors
  readonly places: Places
  /** Called with the key of an EtlSchedule when it, or something of it, has changed. Must not throw. */
  readonly onChange: (key: string) => void
  /** Called when all were listed anew. Must not throw. */
  readonly onResync: () => void
}

const bySchedule = 'schedule'
const bySecret = 'secret'

export function startWatches({ reflectors, places, onChange, onResync }: WatchesOptions): Watches {
  const selection = { labelSelector: scheduleLabel }
  const indexes = { [bySchedule]: (child: KubeObject) => [ownerKey(child)] }
  const tellOwner = ({ old, now }: Change<KubeObject>) => onChange(ownerKey((now ?? old) as KubeObject))

  const schedules = reflectors.start<ScheduleObject>({
    place: places.schedules,
    keep: keepSchedule,
    indexes: { [bySecret]: secretOf },
    onChange: change => {
      if (!isOnlyStatus(change)) onChange(change.key)
    },
    onResync,
  })
  // Without a selector, since a foreign one may have the name that ours needs.
  const cronJobs = reflectors.start<CronJob>({
    place: places.cronJobs,
    keep: keepCronJob,
    onChange: ({ key }) => onChange(key),
  })
  const jobs = reflectors.start<Job>({
    place: places.jobs,
    selection,
    keep: keepJob,
    indexes,
    onChange: tellOwner,
  })
  const pods = reflectors.start<Pod>({
    place: places.pods,
    selection,
    keep: keepPod,
    indexes,
    onChange: tellOwner,
  })
  const all = [schedules, cronJobs, jobs, pods]

  return {
    schedule: key => schedules.get(key),
    cronJob: key => cronJobs.get(key),
    jobsOf: key => jobs.byIndex(bySchedule, key),
    podsOf: key => pods.byIndex(bySchedule, key),
    keys: () => schedules.list().map(keyOf),
    readersOf: secret => schedules.byIndex(bySecret, secret).map(keyOf),
    synced: Promise.all(all.map(({ synced }) => synced)),
    problem: () =>
      all
        .map(reflector => reflector.problem())
        .filter(problem => problem !== null)
        .join('; ') || null,
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map(reflector => reflector[Symbol.asyncDispose]()))
    },
  }
}

function ownerKey({ metadata }: KubeObject): string {
  const name = metadata.labels?.[scheduleLabel] ?? ''
  return keyOf({ metadata: { ...metadata, name } })
}

function secretOf({ spec }: ScheduleObject): readonly string[] {
  const name = (spec as { source?: { secretRef?: { name?: unknown } } } | undefined)?.source?.secretRef?.name
  return typeof name === 'string' ? [name] : []
}

/** The controller alone writes the status, so it has nothing to learn from it. */
function isOnlyStatus({ old, now }: Change<ScheduleObject>): boolean {
  if (!old || !now) return false
  const [before, after] = [old.metadata, now.metadata]
  return (
    before.uid === after.uid &&
    before.generation === after.generation &&
    before.deletionTimestamp === after.deletionTimestamp &&
    JSON.stringify([before.annotations, before.labels]) === JSON.stringify([after.annotations, after.labels])
  )
}
