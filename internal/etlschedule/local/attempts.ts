import type { EtlSchedule } from '../resource/etl-schedule.ts'

/** How a try of a run ended, as its exit code tells: only `again` is worth another try. */
export type Verdict = 'done' | 'again' | 'give-up'

/** What a Job waits before its first retry, and at most. */
const firstBackOffMs = 10_000
const longestBackOffMs = 360_000

/**
 * Tries a run until it is done, given up, or tried `backoffLimit` times more, with the waits of a Job between. Resolves
 * with the last try's outcome; `null` when `activeDeadlineSeconds` were over first, or the signal aborted.
 */
export async function tryRun<T extends { readonly verdict: Verdict }>(
  { backoffLimit, activeDeadlineSeconds }: EtlSchedule['spec'],
  attempt: (signal: AbortSignal) => Promise<T>,
  { sleep, signal }: { sleep: (ms: number, signal: AbortSignal) => Promise<void>; signal: AbortSignal },
): Promise<T | null> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(activeDeadlineSeconds * 1_000)])
  try {
    for (let retries = 0; ; retries += 1) {
      const outcome = await attempt(limit)
      if (limit.aborted) return null
      if (outcome.verdict !== 'again' || retries >= backoffLimit) return outcome
      await sleep(Math.min(firstBackOffMs * 2 ** retries, longestBackOffMs), limit)
    }
  } catch (error) {
    if (limit.aborted) return null
    throw error
  }
}
