import { expect } from 'chai'
import fc from 'fast-check'
import { countDue, dueTimes, newestDue } from './count.ts'
import { parseCron } from './cron.ts'
import { findZone } from './zone.ts'
import type { Timetable } from './count.ts'

const zones = [
  'Etc/UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Pacific/Auckland',
  'Australia/Lord_Howe',
]
const expressions = [
  '* * * * *',
  '30 2 * * *',
  '30 1,2 * * *',
  '0 */6 * * *',
  '0 0 * * *',
  '59 23 * * *',
  '15 3 1,15 * MON',
  '0 12 29 2 *',
  '*/20 * * 3,10,11 SUN',
  '@every 90m',
  '@every 25h1s',
]

const timetable = fc
  .record({
    text: fc.constantFrom(...expressions),
    zone: fc.constantFrom(...zones),
    since: fc.integer({ min: Date.parse('2025-01-01'), max: Date.parse('2027-01-01') }),
  })
  .map(({ text, zone, since }): Timetable => ({ cron: parseCron(text), zone: findZone(zone), since }))

/** Both clock changes of a year lie in many of them. */
const span = fc
  .tuple(
    fc.integer({ min: Date.parse('2026-03-01'), max: Date.parse('2026-11-10') }),
    fc.integer({ min: 0, max: 9 * 86_400_000 }),
  )
  .map(([from, length]) => [from, from + length] as const)

describe('counting what is due', () => {
  it('counts as many as there are, one by one', () => {
    fc.assert(
      fc.property(timetable, span, (due, [after, until]) => {
        expect(countDue(due, after, until)).to.equal([...dueTimes(due, after, until)].length)
      }),
      { numRuns: 150 },
    )
  })

  it('counts the same at once as in two parts', () => {
    fc.assert(
      fc.property(timetable, span, fc.nat(100), (due, [after, until], percent) => {
        const middle = after + Math.floor(((until - after) * percent) / 100)
        const parts = countDue(due, after, middle) + countDue(due, middle, until)
        expect(countDue(due, after, until)).to.equal(parts)
      }),
    )
  })

  it('finds the newest first, and passes over those it is told to', () => {
    fc.assert(
      fc.property(
        timetable,
        span,
        fc.integer({ min: 1, max: 6 }),
        fc.nat(4),
        (due, [after, until], count, every) => {
          const all = [...dueTimes(due, after, until)]
          const without = new Set(all.filter((_, index) => every > 0 && index % every === 0))
          const expected = all
            .filter(time => !without.has(time))
            .toReversed()
            .slice(0, count)
          expect(newestDue(due, after, until, count, without)).to.deep.equal(expected)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('counts ten years of minutes without looking at each', () => {
    const due: Timetable = { cron: parseCron('* * * * *'), zone: findZone('Etc/UTC'), since: 0 }
    let looked = 0
    const zone = {
      ...due.zone,
      localAt(time: number) {
        looked++
        return due.zone.localAt(time)
      },
    }
    const [after, until] = [Date.parse('2016-01-01'), Date.parse('2026-01-01')]
    expect(countDue({ ...due, zone }, after, until)).to.equal((until - after) / 60_000)
    expect(looked).to.be.lessThan(100_000)
  })

  it('counts nothing in a span that ends before it begins, and nothing of what is never due', () => {
    const never: Timetable = { cron: parseCron('0 0 30 2 *'), zone: findZone('Etc/UTC'), since: 0 }
    expect(countDue(never, Date.parse('2025-01-01'), Date.parse('2026-01-01'))).to.equal(0)
    expect(countDue({ ...never, cron: parseCron('* * * * *') }, 60_000, 0)).to.equal(0)
  })
})
