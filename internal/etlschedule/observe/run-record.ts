import { decodeRunReport } from '../run-report.ts'
import { endOf, isEnding, scheduledTimeOf, triggerOf } from './job.ts'
import { containerOf, isTooLong, whyEnded, whyGivenUp, whyNotStarted } from './why-ended.ts'
import type { Job, Pod } from '../objects/kubernetes.ts'
import type { RunRecord } from '../resource/status.ts'
import type { RunReport } from '../run-report.ts'
import type { JobEnd } from './job.ts'

const maxMessageLength = 1_024
/** A Job without a pod for so long is held up by something. */
const podPatienceMs = 30_000

/** What is known of one run. */
export interface RunEvidence {
  readonly job: Job
  /** The pods of the Job, newest first. */
  readonly pods: readonly Pod[]
  /** What the status has said of this run so far. */
  readonly before: RunRecord | undefined
  /** Epoch milliseconds. */
  readonly now: number
}

/** How a run stands, from its Job, its pods and what was known of it before. Its pods may be gone, and its report with them. */
export function recordRun(evidence: RunEvidence): RunRecord {
  const { job, pods, before } = evidence
  const end = endOf(job)
  if (!end || pods.some(isAtWork)) {
    const isCleared = isEnding(job) || pods[0]?.metadata.deletionTimestamp !== undefined
    // Pods that Kubernetes clears away tell of that, and no more of what went before.
    const message = (isCleared && before?.message) || howItGoes(evidence)
    return record(job, { result: 'Running', message })
  }
  const isKnown = before !== undefined && before.result !== 'Running'
  if (isKnown && before.rowsRead !== undefined) return before
  const report = reportOf(pods, end.complete ? ['Succeeded', 'Skipped'] : undefined)
  if (report) return { ...record(job, verdict(evidence, end, report)), ...figuresOf(report) }
  // What had kept a run that never began is seen only until its end.
  const isSilent = pods.every(pod => wordsOf(pod) === undefined)
  if (isKnown && (isSilent || isTooLong(job))) return before
  return record(job, verdict(evidence, end, null))
}

/** A run whose Job is gone before its end was seen. */
export function recordGone(before: RunRecord, endTime: string): RunRecord {
  const words =
    'its Job was deleted before its end was seen, by hand or for the run that took its place; how it ended is in its report in the store, if it came so far'
  return {
    ...before,
    result: 'Failed',
    endTime,
    message: shortened(joined(words, before.message && `until then: ${before.message}`)),
  }
}

type Outcome = Pick<RunRecord, 'result' | 'endTime'> & { readonly message?: string | undefined }

function record(job: Job, { message, ...outcome }: Outcome): RunRecord {
  const scheduledTime = scheduledTimeOf(job)
  return {
    name: job.metadata.name,
    trigger: triggerOf(job),
    ...outcome,
    ...(scheduledTime !== undefined && { scheduledTime }),
    startTime: startTimeOf(job),
    ...(message !== undefined && message !== '' && { message: shortened(message) }),
  }
}

export function startTimeOf({ metadata, status }: Job): string {
  return metadata.creationTimestamp ?? status?.startTime ?? ''
}

/** A report of an earlier try stands in for that of the last one, which died without. */
function verdict(evidence: RunEvidence, { complete, endTime }: JobEnd, report: RunReport | null): Outcome {
  const { job, pods, before } = evidence
  if (complete) {
    const message = report ? report.message : 'it ended well, and left no report'
    return { result: report?.result === 'Skipped' ? 'Skipped' : 'Succeeded', endTime, message }
  }
  const last = pods[0]
  const lastReport = last && reportOf([last])
  if (lastReport?.result === 'Refused' && !isTooLong(job)) {
    return { result: 'Refused', endTime, message: lastReport.message }
  }
  const until = before?.result === 'Running' ? before.message : undefined
  const words = pods.map(wordsOf).find(said => said !== undefined)
  const given = whyGivenUp(job) ?? 'it failed'
  if (isTooLong(job)) {
    return { result: 'Failed', endTime, message: joined(given, until ? `until then: ${until}` : words) }
  }
  const cause = words ?? until
  const earlier = lastReport || report?.message === cause ? undefined : report?.message
  const message = joined(cause ?? given, earlier && `a try before it said: ${earlier}`)
  return { result: 'Failed', endTime, message }
}

/** What is to be said of a run under way: nothing while all is well. */
function howItGoes({ job, pods, now }: RunEvidence): string | undefined {
  const [newest] = pods
  const tries = job.status?.failed ?? 0
  const fallen = pods.find(pod => wordsOf(pod) !== undefined && !isAtWork(pod))
  const failed =
    tries > 0
      ? joined(
          `${tries} of ${(job.spec.backoffLimit ?? 0) + 1} tries failed`,
          fallen && `the last: ${wordsOf(fallen)}`,
        )
      : undefined
  const hindrance = newest ? whyNotStarted(newest) : whyNoPod(job, now)
  return joined(hindrance === null ? undefined : `it can't start: ${hindrance}`, failed)
}

function whyNoPod({ metadata, status }: Job, now: number): string | null {
  if (status?.conditions?.some(({ type, status: holds }) => type === 'Suspended' && holds === 'True')) {
    return 'its Job is suspended; it starts once spec.suspend of the Job is false'
  }
  const patience = Date.parse(metadata.creationTimestamp ?? '') + podPatienceMs
  if ((status?.failed ?? 0) > 0 || !(now > patience)) return null
  return `it was given no pod, as a quota or an admission rule may do; kubectl describe job ${metadata.name} tells`
}

/** A pod that may still tell something. */
function isAtWork(pod: Pod): boolean {
  const hasEnded = containerOf(pod)?.state?.terminated !== undefined
  const phase = pod.status?.phase ?? 'Pending'
  return !hasEnded && pod.metadata.deletionTimestamp === undefined && ['Pending', 'Running'].includes(phase)
}

/** What a pod says of its end, or else what Kubernetes says of it. */
function wordsOf(pod: Pod): string | undefined {
  const report = reportOf([pod])
  return report?.message ?? whyEnded(pod) ?? whyNotStarted(pod) ?? undefined
}

/** The newest report, of those with one of the results if they are named. */
function reportOf(pods: readonly Pod[], results?: readonly RunReport['result'][]): RunReport | null {
  for (const pod of pods) {
    const report = decodeRunReport(containerOf(pod)?.state?.terminated?.message ?? '')
    if (report && (results?.includes(report.result) ?? true)) return report
  }
  return null
}

function figuresOf({ rowsRead, rowsWritten, rowsDeleted, watermark, traceId }: RunReport) {
  return {
    rowsRead,
    rowsWritten,
    rowsDeleted,
    ...(watermark !== undefined && { watermark }),
    ...(traceId !== undefined && { traceId }),
  }
}

function joined(...parts: readonly (string | undefined)[]): string | undefined {
  const said = parts.filter(part => part !== undefined && part !== '')
  return said.length === 0 ? undefined : said.join('; ')
}

function shortened(text: string | undefined): string {
  const characters = Array.from(text ?? '')
  if (characters.length <= maxMessageLength) return characters.join('')
  return `${characters.slice(0, maxMessageLength - 1).join('')}…`
}
