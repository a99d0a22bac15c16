import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { nextTimes } from '#internal/etlschedule/clock/clock.ts'
import { parseCron } from '#internal/etlschedule/clock/cron.ts'
import { findZone } from '#internal/etlschedule/clock/zone.ts'
import { readScheduleFile } from '#internal/etlschedule/local/schedule-file.ts'

const page = readFileSync(new URL('../docs/schedules.md', import.meta.url), 'utf8')
const row = /^\| (\S+\/\S+) \| `(.+)` \| (\d{4}-\d\d-\d\d) \| (once|twice|never) \| ?(.*?) ?\|$/gm
const words = ['never', 'once', 'twice']

/** When a schedule is due on a day of its zone, as the page writes it. */
function dueOn(schedule: string, timeZone: string, date: string): string[] {
  const zone = findZone(timeZone)
  const from = Date.parse(`${date}T00:00:00Z`) - 30 * 3_600_000
  return nextTimes(parseCron(schedule), zone, from, 5)
    .filter(time => {
      const { year, month, day } = zone.localAt(time)
      return Date.UTC(year, month - 1, day) === Date.parse(date)
    })
    .map(time => new Date(time).toISOString().slice(11, 16))
}

describe('docs/schedules.md', () => {
  const rows = [...page.matchAll(row)]

  it('shows runs that are due once, twice and never', () => {
    expect(rows).to.have.length(10)
    expect(new Set(rows.map(([, , , , runs]) => runs))).to.have.keys(words)
  })

  for (const [, timeZone = '', schedule = '', date = '', runs, at] of rows) {
    it(`is right about ${schedule} in ${timeZone} on ${date}`, () => {
      const times = dueOn(schedule, timeZone, date)
      expect(words[times.length]).to.equal(runs)
      expect(times.join(', ')).to.equal(at)
    })
  }

  it('shows a file that can be run as it is', () => {
    const [, yaml = ''] = /```yaml\n(.+?)```/s.exec(page) ?? []
    const file = readScheduleFile(yaml)
    expect(file.schedules).to.have.length(1)
    for (const { metadata, spec } of file.schedules) {
      expect(file.secretValue(metadata.namespace, spec.source.secretRef)).to.match(/^postgres:/)
    }
  })
})
