import type { CronFields } from './cron.ts'
import type { LocalTime, Zone } from './zone.ts'

const secondMs = 1_000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
/** What is not due within so many years never is. */
const yearsAhead = 5

/**
 * The first time from `from` on at which all fields fit, to the second; `null` when there is none within five years.
 *
 * The steps are those of robfig/cron 3, also where they show: from 23:00 into a day that begins at 01:00 the hours go on
 * without another look at the day.
 */
export function search(fields: CronFields, zone: Zone, from: number): number | null {
  if (canNeverFit(fields)) return null
  let time = from
  let local = zone.localAt(from)
  /** Whether all below the field that was moved stands at its beginning. */
  let aligned = false
  const lastYear = local.year + yearsAhead

  function goTo(there: number): void {
    time = there
    local = zone.localAt(there)
  }

  function align(start: Partial<LocalTime>): void {
    if (!aligned) goTo(zone.timeOf({ ...local, ...start }))
    aligned = true
  }

  // Each moves on until its field fits; false when that led into the next larger unit.
  function toMonth(): boolean {
    while (!fields.months.has(local.month)) {
      align({ day: 1, hour: 0, minute: 0, second: 0 })
      goTo(zone.timeOf({ ...local, month: local.month + 1 }))
      if (local.month === 1) return false
    }
    return true
  }

  function toDay(): boolean {
    while (!dayFits(fields, local)) {
      align({ hour: 0, minute: 0, second: 0 })
      goTo(nextDay(zone, time, local))
      if (local.day === 1) return false
    }
    return true
  }

  function toHour(): boolean {
    while (!fields.hours.has(local.hour)) {
      align({ minute: 0, second: 0 })
      goTo(time + hourMs)
      if (local.hour === 0) return false
    }
    return true
  }

  function toMinute(): boolean {
    while (!fields.minutes.has(local.minute)) {
      if (!aligned) goTo(Math.floor(time / minuteMs) * minuteMs)
      aligned = true
      goTo(time + minuteMs)
      if (local.minute === 0) return false
    }
    return true
  }

  function toSecond(): boolean {
    if (local.second === 0) return true
    goTo(time + (60 - local.second) * secondMs)
    aligned = true
    return false
  }

  while (local.year <= lastYear) {
    if (toMonth() && toDay() && toHour() && toMinute() && toSecond()) return time
  }
  return null
}

/** A list of nothing but commas is allowed, and never due. */
function canNeverFit({ minutes, hours, days, months, weekdays }: CronFields): boolean {
  return [minutes, hours, days, months, weekdays].some(values => values.size === 0)
}

/** Whether the days and weekdays fit. */
export function dayFits({ days, weekdays, eitherDay }: CronFields, { year, month, day }: LocalTime): boolean {
  const onDay = days.has(day)
  const onWeekday = weekdays.has(new Date(Date.UTC(year, month - 1, day)).getUTCDay())
  return eitherDay ? onDay || onWeekday : onDay && onWeekday
}

/** The same wall-clock time a day later, or midnight nearby where a clock change has moved it off midnight. */
function nextDay(zone: Zone, time: number, local: LocalTime): number {
  const there = zone.timeOf({ ...local, day: local.day + 1 })
  const { hour } = zone.localAt(there)
  const midnight = there + (hour > 12 ? 24 - hour : -hour) * hourMs
  // A zone that moved over the date line has left out a whole day: there the clock of Kubernetes stands still.
  return midnight > time ? midnight : time + dayMs
}
