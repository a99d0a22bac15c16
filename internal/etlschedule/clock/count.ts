import { nextTimes } from './clock.ts'
import { dayFits } from './search.ts'
import type { Cron, CronFields } from './cron.ts'
import type { LocalTime, Zone } from './zone.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** What is due when. All times are epoch milliseconds. */
export interface Timetable {
  readonly cron: Cron
  readonly zone: Zone
  /** One of the times of `@every`, or when its clock began. */
  readonly since: number
}

/** The times due in (after, until], oldest first. */
export function* dueTimes({ cron, zone, since }: Timetable, after: number, until: number): Generator<number> {
  const start = cron.kind === 'every' ? tickBefore(since, cron.everyMs, after) : after
  let last = after
  for (;;) {
    const [next = Infinity] = nextTimes(cron, zone, last, 1, start)
    if (next > until) return
    yield next
    last = next
  }
}

/** How many times are due in (after, until]: exact, and quick over many years, since of most days only the date is looked at. */
export function countDue(timetable: Timetable, after: number, until: number): number {
  if (until <= after) return 0
  const { cron, zone, since } = timetable
  if (cron.kind === 'every') {
    return Math.floor((until - tickBefore(since, cron.everyMs, after)) / cron.everyMs)
  }
  const walk = (from: number, to: number) => [...dueTimes(timetable, from, to)].length
  let count = 0
  let counted = after
  for (let day = dayAfter(zone.localAt(after)); ; day = dayAfter(day)) {
    // Midnight itself is due on the day that it begins.
    const [before, last] = [zone.timeOf(day) - 1, zone.timeOf(dayAfter(day)) - 1]
    if (last > until) return count + walk(counted, until)
    count += walk(counted, before)
    count += isPlain(zone, before + 1, last + 1)
      ? dueOn(cron.fields, day)
      : walk(Math.max(counted, before), last)
    counted = last
  }
}

/** The newest `count`, one at least, of the times due in (after, until] that are not among `without`, newest first. */
export function newestDue(
  timetable: Timetable,
  after: number,
  until: number,
  count: number,
  without: ReadonlySet<number>,
): number[] {
  for (let width = hourMs; ; width *= 4) {
    const from = Math.max(after, until - width)
    const found = [...dueTimes(timetable, from, until)].filter(time => !without.has(time))
    if (found.length >= count || from === after) return found.slice(-count).toReversed()
  }
}

/** The last tick of `@every` up to `time`; ticks are counted backwards, too. */
function tickBefore(since: number, everyMs: number, time: number): number {
  const start = Math.floor(since / 1_000) * 1_000
  return start + Math.floor((time - start) / everyMs) * everyMs
}

/** Whether a day has its 24 hours, from midnight to midnight. */
function isPlain(zone: Zone, start: number, end: number): boolean {
  return end - start === dayMs && zone.localAt(start).hour === 0 && zone.localAt(end).hour === 0
}

function dueOn(fields: CronFields, day: LocalTime): number {
  const fits = fields.months.has(day.month) && dayFits(fields, day)
  return fits ? fields.hours.size * fields.minutes.size : 0
}

/** Midnight of the next day. */
function dayAfter({ year, month, day }: LocalTime): LocalTime {
  const next = new Date(Date.UTC(year, month - 1, day + 1))
  return {
    year: next.getUTCFullYear(),
    month: next.getUTCMonth() + 1,
    day: next.getUTCDate(),
    hour: 0,
    minute: 0,
    second: 0,
  }
}
