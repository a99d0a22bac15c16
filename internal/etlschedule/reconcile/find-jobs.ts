import { hasEnded } from '../observe/runs.ts'
import { keepJob } from './keep.ts'
import type { Job } from '../objects/kubernetes.ts'
import type { Step } from './pass.ts'

/**
 * Looks for the Jobs of runs that were under way and that the watch does not know. It may be behind the status, which
 * another controller may have written; and what it does not know counts as deleted.
 */
export const findJobs: Step = async (pass, { client, places }) => {
  const known = new Set(pass.jobs.map(({ metadata }) => metadata.name))
  const sought = pass.schedule.status.recentRuns.filter(run => !hasEnded(run) && !known.has(run.name))
  for (const { name } of sought) {
    const job = await client.get<Job>(places.jobs, name, { signal: pass.signal })
    if (job) pass.jobs = [...pass.jobs, keepJob(job)]
  }
}
