import { expect } from 'chai'
import fc from 'fast-check'
import { nextTime, nextTimes } from './clock.ts'
import { parseCron } from './cron.ts'
import { findZone } from './zone.ts'
import type { CronFields } from './cron.ts'
import type { LocalTime, Zone } from './zone.ts'

const minuteMs = 60_000

/** Where clocks change by whole hours and not at midnight; elsewhere a CronJob may leave out more than it must. */
const zones = [
  'Etc/UTC',
  'Europe/Berlin',
  'Europe/London',
  'America/New_York',
  'Asia/Kolkata',
  'Pacific/Auckland',
]
const zone = fc.constantFrom(...zones).map(findZone)

/** Half of them within two days of a clock change of 2026. */
const changes = ['2026-03-08', '2026-03-29', '2026-04-05', '2026-09-27', '2026-10-25', '2026-11-01']
const time = fc.oneof(
  fc.integer({ min: Date.parse('2024-01-01'), max: Date.parse('2034-01-01') }),
  fc
    .tuple(fc.constantFrom(...changes), fc.integer({ min: -2 * 86_400_000, max: 2 * 86_400_000 }))
    .map(([day, by]) => Date.parse(day) + by),
)

function field(min: number, max: number) {
  const value = fc.integer({ min, max })
  const item = fc.oneof(
    { weight: 3, arbitrary: fc.constant('*') },
    { weight: 3, arbitrary: value.map(String) },
    fc.tuple(value, value).map(([one, other]) => `${Math.min(one, other)}-${Math.max(one, other)}`),
    fc.integer({ min: 1, max: 15 }).map(step => `*/${step}`),
  )
  return fc.array(item, { minLength: 1, maxLength: 2 }).map(items => items.join(','))
}

const fields = fc
  .tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6))
  .map(parts => parts.join(' '))
const expression = fc.oneof(
  { weight: 9, arbitrary: fields },
  fc.integer({ min: 1, max: 100_000 }).map(seconds => `@every ${seconds}s`),
)

function fits(local: LocalTime, { minutes, hours, days, months, weekdays, eitherDay }: CronFields): boolean {
  const onDay = days.has(local.day)
  const onWeekday = weekdays.has(new Date(Date.UTC(local.year, local.month - 1, local.day)).getUTCDay())
  const onThisDay = eitherDay ? onDay || onWeekday : onDay && onWeekday
  return minutes.has(local.minute) && hours.has(local.hour) && months.has(local.month) && onThisDay
}

/** The first minute of the next `days` days that fits, found by looking at all of them. */
function firstFitting(cron: CronFields, at: Zone, after: number, days: number): number | null {
  const end = after + days * 86_400_000
  for (let minute = Math.floor(after / minuteMs) * minuteMs + minuteMs; minute <= end; minute += minuteMs) {
    if (fits(at.localAt(minute), cron)) return minute
  }
  return null
}

describe('the clock of schedules, by its laws', () => {
  it('gives the first minute after the given time that fits', () => {
    fc.assert(
      fc.property(fields, zone, time, (text, at, after) => {
        const cron = parseCron(text)
        if (cron.kind !== 'fields') throw new Error('no fields')
        const next = nextTime(cron, at, after)
        const expected = firstFitting(cron.fields, at, after, 4)
        if (expected !== null) expect(next).to.equal(expected)
        else expect(next ?? Infinity).to.be.greaterThan(after + 4 * 86_400_000)
      }),
      { numRuns: 500 },
    )
  })

  it('gives whole seconds later than the given time, each later than the one before', () => {
    const anyZone = fc.constantFrom(...Intl.supportedValuesOf('timeZone')).map(findZone)
    const anyTime = fc.integer({ min: Date.parse('1900-01-01'), max: Date.parse('2300-01-01') })
    fc.assert(
      fc.property(expression, anyZone, fc.oneof(time, anyTime), (text, at, after) => {
        const times = [after, ...nextTimes(parseCron(text), at, after, 5)]
        for (const [place, value] of times.entries()) {
          if (place === 0) continue
          expect(value % 1_000 === 0, 'a whole second').to.equal(true)
          expect(value).to.be.greaterThan(times[place - 1] as number)
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
