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

/** At most as many as the IANA has names; each keeps its offsets, so that the next schedule of the zone finds them. */
const known = new Map<string, Zone>()

/**
 * The zone of an IANA name, spelled as a CronJob must spell it: upper and lower case count, and `Local` is none.
 *
 * @throws InvalidInput for the field `timeZone`
 */
export function findZone(name: string): Zone {
  const found = known.get(name)
  if (found) return found
  const zone = openZone(name, checkedFormat(name))
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
    const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
    const canonical = format.resolvedOptions().timeZone
    if (canonical !== name && !linkNames.has(name)) throw refused(`is ${canonical} meant?`)
    return format
  } catch (error) {
    if (error instanceof RangeError) throw refused(`write its IANA name, ${example}`)
    throw error
  }
}

const dayMs = 86_400_000
const maxDays = 1_000

/** A day in UTC within which the offset changes. */
interface Change {
  readonly before: number
  readonly at: number
  readonly after: number
}

function openZone(name: string, format: Intl.DateTimeFormat): Zone {
  const days = new Map<number, number | Change>()

  /** To ask Intl takes a microsecond, so it is asked for a day's ends, and within it only when they differ. */
  function lookAt(day: number): number | Change {
    let [from, to] = [day * dayMs, (day + 1) * dayMs]
    const [before, after] = [readOffset(format, from), readOffset(format, to)]
    if (before === after) return before
    while (to - from > 1_000) {
      const middle = Math.floor((from + to) / 2_000) * 1_000
      if (readOffset(format, middle) === before) from = middle
      else to = middle
    }
    return { before, at: to, after }
  }

  /** Local time minus UTC. */
  function offsetAt(time: number): number {
    const day = Math.floor(time / dayMs)
    let offset = days.get(day)
    if (offset === undefined) {
      offset = lookAt(day)
      if (days.size >= maxDays) days.clear()
      days.set(day, offset)
    }
    if (typeof offset === 'number') return offset
    return time < offset.at ? offset.before : offset.after
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

/** From the end of such as "7/1/1890, GMT+00:53:28"; GMT itself stands alone. */
function readOffset(format: Intl.DateTimeFormat, time: number): number {
  const [, sign, hours, minutes, seconds = 0] =
    /([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(format.format(time)) ?? []
  if (sign === undefined) return 0
  const offset = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000
  return sign === '-' ? -offset : offset
}
