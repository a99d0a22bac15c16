import { createHash } from 'node:crypto'
import { buildCronJob } from '../objects/cron-job.ts'
import { appliedAnnotation, scheduleLabel } from '../resource/names.ts'
import { covers } from './covers.ts'
import { keepCronJob } from './keep.ts'
import { requestedOverride } from './requests.ts'
import type { CronJob } from '../objects/kubernetes.ts'
import type { EtlSchedule } from '../resource/etl-schedule.ts'
import type { Step } from './pass.ts'

/** Makes the CronJob what the spec says, asking the API server for nothing where it is so already. */
export const applyCronJob: Step = async (pass, { client, places, defaults }) => {
  const { schedule, signal, found } = pass
  const { name } = schedule.metadata
  const override = requestedOverride(pass)
  const allowRefused = override === found.handledGuardOverride ? undefined : override
  const wanted = sealed(buildCronJob(schedule, defaults, { allowRefused }))
  // What no watch has told of yet may be somebody else's, and would be taken over.
  const present = pass.cronJob ?? (await client.get<CronJob>(places.cronJobs, name, { signal }))
  if (present && !isOurs(present, schedule)) {
    found.nameTakenBy = describe(present)
    return
  }
  if (present && isAsApplied(present, wanted)) return
  const uid = present?.metadata.uid
  // With the uid it can't be another one that has the name meanwhile.
  const metadata = { ...wanted.metadata, ...(uid !== undefined && { uid }) }
  const applied = await client.apply<CronJob>(places.cronJobs, { ...wanted, metadata }, { signal })
  pass.cronJob = keepCronJob(applied)
}

/** Objects of a list come without their kind. */
function isAsApplied(present: CronJob, { metadata, spec }: CronJob): boolean {
  return covers(present.metadata, metadata) && covers(present.spec, spec)
}

/** With a mark of what was applied, since a field that is not wanted any more can't be told from somebody else's. */
function sealed(cronJob: CronJob): CronJob {
  const digest = createHash('sha256').update(JSON.stringify(cronJob)).digest('hex').slice(0, 16)
  const { metadata } = cronJob
  const annotations = { ...metadata.annotations, [appliedAnnotation]: digest }
  return { ...cronJob, metadata: { ...metadata, annotations } }
}

/** One that lost its owner, since somebody kept it when the owner was deleted, is taken up again. */
function isOurs({ metadata }: CronJob, schedule: EtlSchedule): boolean {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller)
  if (owner) return owner.uid === schedule.metadata.uid
  return metadata.labels?.[scheduleLabel] === schedule.metadata.name
}

function describe({ metadata }: CronJob): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller)
  if (!owner) return 'was made by somebody else'
  return `belongs to ${owner.kind} ${owner.name}${owner.kind === 'EtlSchedule' ? ' of before, and goes soon' : ''}`
}
