import { InvalidInput } from '#internal/errors/errors.ts'
import { linkNames } from './zone-links.ts'

/** Wall-clock time, field by field. */
export interface LocalTime {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** A time zone. Times are epoch milliseconds. */
export interface Zone {
  readonly name: string
  localAt(time: number): LocalTime
  /**
   * When a wall-clock time is; fields beyond their range carry over (day 32, month 13). Of one that a clock change skips
   * or repeats, the reading that Go's time.Date gives.
   */
  timeOf(local: LocalTime): number
}

const known = new Map<string, Zone>()
/** Each keeps its offsets, so that the next schedule of the zone finds them. */
const maxKnown = 128

/**
 * The zone of an IANA name, spelled as a CronJob must spell it: upper and lower case count, and `Local` is none.
 *
 * @throws InvalidInput for the field `timeZone`
 */
export function findZone(name: string): Zone {
  const found = known.get(name)
  if (found) return found
  const zone = openZone(name, checkedFormat(name))
  if (known.size >= maxKnown) known.delete(known.keys().next().value as string)
  known.set(name, zone)
  return zone
}

/** Intl overlooks the case, and takes offsets and names of its own beside those of the IANA. */
function checkedFormat(name: string): Intl.DateTimeFormat {
  const example = 'such as Europe/Berlin or Etc/UTC'
  const refused = (way: string) =>
    new InvalidInput(`timeZone ${JSON.stringify(name.slice(0, 80))} is not a time zone; ${way}`, 'timeZone')
  if (!/^[A-Za-z]/.test(name) || name.startsWith('SystemV/')) throw refused(`write its IANA name, ${example}`)
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    const canonical = format.resolvedOptions().timeZone
    if (canonical !== name && !linkNames.has(name)) throw refused(`is ${canonical} meant?`)
    return format
  } catch (error) {
    if (error instanceof RangeError) throw refused(`write its IANA name, ${example}`)
    throw error
  }
}

const dayMs = 86_400_000
const maxDays = 2_000

/** The offsets (local time minus UTC) of a day in UTC: one, or two around a clock change. */
interface DayOffsets {
  readonly before: number
  readonly changesAt: number
  readonly after: number
}

function openZone(name: string, format: Intl.DateTimeFormat): Zone {
  const days = new Map<number, DayOffsets>()

  /** To ask Intl takes microseconds, so it is asked for a day's ends, and within it only when they differ. */
  function dayOffsets(day: number): DayOffsets {
    const kept = days.get(day)
    if (kept) return kept
    let [from, to] = [day * dayMs, (day + 1) * dayMs]
    const [before, after] = [offsetBy(format, from), offsetBy(format, to)]
    while (before !== after && to - from > 1_000) {
      const middle = Math.floor((from + to) / 2_000) * 1_000
      if (offsetBy(format, middle) === before) from = middle
      else to = middle
    }
    const found = { before, changesAt: to, after }
    if (days.size >= maxDays) days.clear()
    days.set(day, found)
    return found
  }

  function offsetAt(time: number): number {
    const { before, changesAt, after } = dayOffsets(Math.floor(time / dayMs))
    return time < changesAt ? before : after
  }

  return {
    name,
    localAt(time) {
      const local = new Date(time + offsetAt(time))
      return {
        year: local.getUTCFullYear(),
        month: local.getUTCMonth() + 1,
        day: local.getUTCDate(),
        hour: local.getUTCHours(),
        minute: local.getUTCMinutes(),
        second: local.getUTCSeconds(),
      }
    },
    timeOf({ year, month, day, hour, minute, second }) {
      const asUtc = Date.UTC(year, month - 1, day, hour, minute, second)
      const offset = offsetAt(asUtc)
      return offset === 0 ? asUtc : asUtc - offsetAt(asUtc - offset)
    },
  }
}

function offsetBy(format: Intl.DateTimeFormat, time: number): number {
  const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]))
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(time / 1_000) * 1_000
}
