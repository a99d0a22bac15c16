import { expect } from 'chai'
import fc from 'fast-check'
import { countDue, dueTimes } from '../clock/count.ts'
import { parseCron } from '../clock/cron.ts'
import { findZone } from '../clock/zone.ts'
import { missedSince } from './missed.ts'
import type { MissedQuestion, Start } from './missed.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const graceMs = minuteMs
const t0 = Date.parse('2026-11-01T10:00:00Z')
const at = (minutes: number) => t0 + minutes * minuteMs

const hourly = { schedule: '0 * * * *', timeZone: 'Etc/UTC' }
const minutely = { schedule: '* * * * *', timeZone: 'Etc/UTC' }
const ask = (question: Partial<MissedQuestion>) =>
  missedSince({ spec: hourly, since: t0, countedUntil: t0, starts: [], now: t0, graceMs, ...question })
const onTime = (...minutes: number[]): Start[] =>
  minutes.map(minute => ({ due: at(minute), started: at(minute) + 2_000 }))

describe('runs that did not start at their time', () => {
  it('are none while all have started', () => {
    const missed = ask({ starts: onTime(60, 120, 180), now: at(190) })
    expect(missed).to.deep.equal({ count: 0, newest: [], countedUntil: at(180), overdueSince: null })
  })

  it('are not counted before the grace is over, and then at once', () => {
    expect(ask({ now: at(61) - 1 })).to.deep.equal({
      count: 0,
      newest: [],
      countedUntil: t0,
      overdueSince: null,
    })
    expect(ask({ now: at(61) })).to.deep.equal({
      count: 1,
      newest: [at(60)],
      countedUntil: at(60),
      overdueSince: at(60),
    })
  })

  it('are five when Kubernetes starts only the last of five that were due, too late; and then none is overdue', () => {
    const late = { due: at(5), started: at(5) + 90_000 }
    const missed = ask({ spec: minutely, starts: [late], now: at(7) - 1 })
    expect(missed).to.deep.equal({
      count: 5,
      newest: [5, 4, 3, 2, 1].map(at),
      countedUntil: at(5),
      overdueSince: null,
    })
  })

  it('stay overdue until a run starts, and are counted once', () => {
    const first = ask({ spec: minutely, now: at(4) })
    expect(first).to.include({ count: 3, overdueSince: at(3) })
    const again = ask({
      spec: minutely,
      now: at(4),
      countedUntil: first.countedUntil,
      newestMissed: first.newest[0],
    })
    expect(again).to.deep.equal({ count: 0, newest: [], countedUntil: at(3), overdueSince: at(3) })
    const started = ask({
      spec: minutely,
      now: at(4) + 10_000,
      countedUntil: first.countedUntil,
      newestMissed: first.newest[0],
      starts: onTime(4),
    })
    expect(started).to.deep.equal({ count: 0, newest: [], countedUntil: at(4), overdueSince: null })
  })

  it('are certain at once when a later run has started, since a CronJob never goes back', () => {
    expect(ask({ spec: minutely, starts: onTime(2), now: at(2) + 5_000 })).to.deep.equal({
      count: 1,
      newest: [at(1)],
      countedUntil: at(2),
      overdueSince: null,
    })
  })

  it('leave out what was due before counting began anew, as after a time of suspension', () => {
    const resumed = ask({ countedUntil: at(600) + 1_000, newestMissed: at(60), now: at(610) })
    expect(resumed).to.deep.equal({
      count: 0,
      newest: [],
      countedUntil: at(600) + 1_000,
      overdueSince: null,
    })
  })

  it('leave out what may have started and gone since, but never what is later than the newest start', () => {
    const question = { starts: onTime(300), now: at(430) }
    expect(ask({ ...question, unknownUntil: at(180) })).to.include({ count: 3 })
    expect(ask({ ...question, unknownUntil: Infinity })).to.deep.include({
      count: 2,
      newest: [at(420), at(360)],
    })
  })

  it('are told from starts by another spec', () => {
    const odd = { due: at(30), started: at(30) }
    expect(ask({ starts: [odd, ...onTime(60)], now: at(90) })).to.include({ count: 0 })
  })

  it('are counted by the ticks of @every from the last start', () => {
    const spec = { schedule: '@every 90m', timeZone: 'Etc/UTC' }
    const starts = onTime(90, 270)
    expect(ask({ spec, since: at(270), starts, now: at(400) })).to.deep.equal({
      count: 2,
      newest: [at(360), at(180)],
      countedUntil: at(360),
      overdueSince: at(360),
    })
  })

  it('are two years of minutes, counted exactly', () => {
    const now = t0 + 730 * 24 * hourMs
    const missed = ask({ spec: minutely, now })
    expect(missed.count).to.equal(730 * 24 * 60 - 1)
    expect(missed.newest).to.have.length(5)
  })
})

/** A CronJob's life: each due time is started on time, late, or not at all; a controller looks at some moments. */
const life = fc.record({
  spec: fc.record({
    schedule: fc.constantFrom('* * * * *', '*/7 * * * *', '30 1,2 * * *', '@every 25m'),
    timeZone: fc.constantFrom('Etc/UTC', 'Europe/Berlin', 'America/New_York'),
  }),
  from: fc
    .integer({ min: 0, max: 5_000 })
    .map(minutes => Date.parse('2026-10-24T12:00:00Z') + minutes * minuteMs),
  hours: fc.integer({ min: 1, max: 30 }),
  fates: fc.array(fc.constantFrom('on-time', 'late', 'never'), { minLength: 1, maxLength: 20 }),
  looks: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
})

describe('the count of missed runs, by its laws', () => {
  it('gives, with those that started on time, all that were due, however often one counts', () => {
    fc.assert(
      fc.property(life, ({ spec, from, hours, fates, looks }) => {
        const end = from + hours * hourMs
        const timetable = { cron: parseCron(spec.schedule), zone: findZone(spec.timeZone), since: from }
        const starts = [...dueTimes(timetable, from, end)].flatMap((due, index): Start[] => {
          const fate = fates[index % fates.length]
          if (fate === 'never') return []
          return [{ due, started: due + (fate === 'late' ? graceMs + 5_000 : 5_000) }]
        })
        const moments = looks.map(share => from + Math.floor(share * (end - from))).toSorted((a, b) => a - b)

        let [total, countedUntil] = [0, from]
        const named: number[] = []
        const last = end + graceMs + minuteMs
        for (const now of [...moments, last]) {
          const known = starts.filter(({ started }) => started <= now)
          const missed = missedSince({ spec, since: from, countedUntil, starts: known, now, graceMs })
          total += missed.count
          countedUntil = missed.countedUntil
          named.unshift(...missed.newest)
        }
        const due = countDue(timetable, from, last - graceMs)
        const punctual = starts.filter(({ due: time, started }) => started - time <= graceMs)
        expect(total).to.equal(due - punctual.length)
        expect(named).to.deep.equal(named.toSorted((a, b) => b - a))
        const punctualTimes = new Set(punctual.map(({ due: time }) => time))
        expect(named.filter(time => punctualTimes.has(time))).to.deep.equal([])
      }),
      { numRuns: 200 },
    )
  })
})
