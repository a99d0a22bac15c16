import { context, propagation } from '@opentelemetry/api'
import { Conflict, InvalidInput } from '#internal/errors/errors.ts'
import { buildRequestedJob } from '../objects/requested-job.ts'
import { keepJob } from './keep.ts'
import { carries, requestedOverride, requestedRun } from './requests.ts'
import type { Job } from '../objects/kubernetes.ts'
import type { Parts, Pass, Step } from './pass.ts'

/**
 * Makes the Job of a run that was requested, also while suspended. Its name follows from the request, so that it is made
 * once, wherever this was ended before. The request to pass the guard goes with it, or else with the next run.
 */
export const startRequestedRun: Step = async (pass, parts) => {
  const override = requestedOverride(pass)
  const isCarried = override !== undefined && pass.jobs.some(job => carries(job, override))
  const request = requestedRun(pass)
  const job =
    request === undefined ? null : await requestedJob(pass, parts, request, isCarried ? undefined : override)
  if (request !== undefined) pass.found.handledRunRequest = request
  // A request must not look answered and over before a watch has told of its Job.
  if (job && !pass.jobs.some(({ metadata }) => metadata.uid === job.metadata.uid)) {
    pass.jobs = [...pass.jobs, keepJob(job)]
  }
  if (override !== undefined && (isCarried || (job && carries(job, override)))) {
    pass.found.handledGuardOverride = override
  }
}

async function requestedJob(
  { schedule, signal }: Pass,
  { client, places, defaults }: Parts,
  request: string,
  allowRefused: string | undefined,
): Promise<Job> {
  const carrier: { traceparent?: string } = {}
  propagation.inject(context.active(), carrier)
  const { traceparent } = carrier
  const job = buildRequestedJob(schedule, defaults, request, { allowRefused, traceparent })
  try {
    return await client.create<Job>(places.jobs, job, { signal })
  } catch (error) {
    if (!(error instanceof Conflict)) throw error
    const present = await client.get<Job>(places.jobs, job.metadata.name, { signal })
    if (present === null) throw error
    if (isOwnedBy(present, schedule.metadata.uid)) return present
    throw new InvalidInput(`Job ${job.metadata.name} is in the way of the requested run; delete it`)
  }
}

function isOwnedBy({ metadata }: Job, uid: string): boolean {
  return metadata.ownerReferences?.some(owner => owner.uid === uid) ?? false
}
