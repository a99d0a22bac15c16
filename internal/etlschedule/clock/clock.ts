import { search } from './search.ts'
import type { Cron } from './cron.ts'
import type { Zone } from './zone.ts'

const secondMs = 1_000

/**
 * When a schedule is next due in a zone, strictly after `after`; both are epoch milliseconds, and what is due is due at
 * a whole second. `null` when that is not within five years.
 *
 * It follows the clock of the CronJob controller, the search of robfig/cron 3: a time that a clock change skips is not
 * due that day, and one that it repeats is due twice. `@every` counts from `after`.
 */
export function nextTime(cron: Cron, zone: Zone, after: number): number | null {
  const second = Math.floor(after / secondMs) * secondMs
  if (cron.kind === 'every') return second + cron.everyMs
  return search(cron.fields, zone, second + secondMs)
}

/**
 * The next `count` times after `after`, fewer when there are no more. `@every` counts from `since`, an earlier time: a
 * CronJob's last start, or else its creation.
 */
export function nextTimes(cron: Cron, zone: Zone, after: number, count: number, since = after): number[] {
  const times: number[] = []
  let last: number | null = cron.kind === 'every' ? lastTick(cron.everyMs, after, since) : after
  while (times.length < count) {
    last = nextTime(cron, zone, last)
    if (last === null) break
    times.push(last)
  }
  return times
}

function lastTick(everyMs: number, after: number, since: number): number {
  const start = Math.floor(since / secondMs) * secondMs
  return start + Math.max(0, Math.floor((after - start) / everyMs)) * everyMs
}
