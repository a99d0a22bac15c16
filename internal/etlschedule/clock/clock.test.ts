import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { nextTime, nextTimes } from './clock.ts'
import { parseCron } from './cron.ts'
import { findZone } from './zone.ts'

interface Golden {
  readonly schedule: string
  readonly timeZone: string
  readonly from: string
  readonly next: readonly string[]
  readonly refused?: boolean
}

/** Made by robfig/cron 3.0.1, the parser of Kubernetes. */
const golden = gunzipSync(readFileSync('test/data/cron-golden.ndjson.gz'))
  .toString()
  .trim()
  .split('\n')
  .map(line => JSON.parse(line) as Golden)
  .filter(({ refused }) => refused !== true)

const iso = (time: number) => new Date(time).toISOString().replace('.000Z', 'Z')

function due(schedule: string, zone: string, from: string, count: number): string[] {
  return nextTimes(parseCron(schedule), findZone(zone), Date.parse(from), count).map(iso)
}

describe('the clock of schedules', () => {
  it('is that of a CronJob, in every zone and around every clock change', () => {
    expect(golden.length).to.equal(1_840)
    const wrong = golden.flatMap(({ schedule, timeZone, from, next }) => {
      const got = due(schedule, timeZone, from, next.length)
      return got.join() === next.join() ? [] : [{ schedule, timeZone, from, next, got }]
    })
    expect(wrong.slice(0, 5)).to.deep.equal([])
  })

  it('leaves out a time that a clock change skips, and keeps one that it repeats', () => {
    expect(due('30 2 * * *', 'Europe/Berlin', '2026-03-27T12:00:00Z', 2)).to.deep.equal([
      '2026-03-28T01:30:00Z',
      '2026-03-30T00:30:00Z',
    ])
    expect(due('30 1 * * *', 'America/New_York', '2026-10-31T12:00:00Z', 3)).to.deep.equal([
      '2026-11-01T05:30:00Z',
      '2026-11-01T06:30:00Z',
      '2026-11-02T06:30:00Z',
    ])
  })

  it('says null for what is not due within five years, at once', () => {
    for (const never of ['0 0 30 2 *', '0 0 31 4,6,9,11 *', ', * * * *', '* , * * *', '* * * * ,']) {
      expect(
        nextTime(parseCron(never), findZone('Africa/Cairo'), Date.parse('2026-01-01T00:00:00Z')),
      ).to.equal(null)
      expect(due(never, 'Etc/UTC', '2026-01-01T00:00:00Z', 5)).to.deep.equal([])
    }
    expect(due('0 0 29 2 *', 'Etc/UTC', '2096-03-01T00:00:00Z', 1)).to.deep.equal([])
  })

  it('passes over a day that a zone has left out', () => {
    // Samoa went from the 29th to the 31st of December 2011.
    expect(due('0 0 31 * *', 'Pacific/Apia', '2011-12-28T12:00:00Z', 1)).to.deep.equal([
      '2011-12-30T10:00:00Z',
    ])
  })

  it('lets @every count from the last start', () => {
    const every = parseCron('@every 90m')
    const zone = findZone('Etc/UTC')
    const at = (time: string) => Date.parse(`2026-01-01T${time}Z`)
    const times = nextTimes(every, zone, at('05:00:00.500'), 2, at('00:10:00.700'))
    expect(times).to.deep.equal([at('06:10:00'), at('07:40:00')])
    expect(nextTimes(every, zone, at('03:10:00'), 1, at('00:10:00'))).to.deep.equal([at('04:40:00')])
    expect(nextTimes(every, zone, at('00:00:00'), 1, at('00:10:00'))).to.deep.equal([at('01:40:00')])
  })
})
