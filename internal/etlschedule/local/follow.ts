import { nextTimes } from '../clock/clock.ts'
import { parseCron } from '../clock/cron.ts'
import { findZone } from '../clock/zone.ts'
import type { EtlSchedule } from '../resource/etl-schedule.ts'

export interface FollowOptions {
  readonly schedule: EtlSchedule
  /** Does one run to its end, retries included, or until the signal aborts; must not reject. */
  readonly run: (signal: AbortSignal) => Promise<void>
  /** Told why a run that was due did not start. */
  readonly leftOut: (due: number, why: string) => void
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
}

/** A machine that slept, or whose clock was set, is noticed within this long, as by Kubernetes. */
const longestSleepMs = 10_000

/**
 * Starts the runs of one EtlSchedule when they are due, as a CronJob would, until the signal aborts and those that run
 * have ended. Resolves early for a schedule that is never due again. A suspended one is not to be followed.
 */
export async function follow({ schedule, run, leftOut, now, sleep, signal }: FollowOptions): Promise<void> {
  const { concurrencyPolicy, startingDeadlineSeconds } = schedule.spec
  const cron = parseCron(schedule.spec.schedule)
  const zone = findZone(schedule.spec.timeZone)
  const since = now()
  const running = new Map<Promise<void>, AbortController>()

  function start(): void {
    const stopper = new AbortController()
    const done = run(AbortSignal.any([signal, stopper.signal])).finally(() => running.delete(done))
    running.set(done, stopper)
  }

  async function takePlace(): Promise<void> {
    for (const stopper of running.values()) stopper.abort()
    await Promise.all(running.keys())
  }

  async function onDue(due: number): Promise<void> {
    // Of several that were missed only one starts, if any of them is not too late.
    const earliest = now() - (startingDeadlineSeconds ?? Infinity) * 1_000
    const [inTime = Infinity] = due >= earliest ? [due] : nextTimes(cron, zone, earliest - 1, 1, since)
    if (inTime > now()) {
      return leftOut(due, `it could not start within ${startingDeadlineSeconds} s (startingDeadlineSeconds)`)
    }
    if (running.size > 0 && concurrencyPolicy === 'Forbid') {
      return leftOut(due, 'the run before it still goes on (concurrencyPolicy Forbid)')
    }
    if (concurrencyPolicy === 'Replace') await takePlace()
    if (!signal.aborted) start()
  }

  let last = since
  try {
    for (;;) {
      const [due] = nextTimes(cron, zone, last, 1, since)
      if (due === undefined) break
      while (now() < due) await sleep(Math.min(due - now(), longestSleepMs), signal)
      last = now()
      await onDue(due)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  await Promise.all(running.keys())
}
