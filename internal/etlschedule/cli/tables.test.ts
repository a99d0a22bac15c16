import { expect } from 'chai'
import { renderRuns, renderSchedules } from './tables.ts'
import type { RunRecord } from '../resource/status.ts'
import type { Overview } from './overview.ts'

const now = Date.parse('2026-11-25T12:00:00Z')
const run: RunRecord = {
  name: `${'n'.repeat(52)}-0123456789`,
  trigger: 'schedule',
  result: 'Succeeded',
  startTime: '2026-11-25T10:01:00Z',
  endTime: '2026-11-25T11:59:00Z',
  rowsRead: 999_999_999,
  rowsWritten: 999_999_999,
  rowsDeleted: 999_999_999,
}
const overview: Overview = {
  name: 'n'.repeat(52),
  namespace: 'shop',
  pipeline: 'products',
  schedule: '* * * * *',
  timeZone: 'Etc/UTC',
  suspended: false,
  nextScheduleTimes: ['2026-11-25T13:59:00Z'],
  active: [],
  lastRun: run,
  lastSuccessfulTime: null,
  missedRuns: 0,
  problems: [{ reason: 'Failed', message: `it failed ${'again and '.repeat(30)}again` }],
}
const longest = (text: string) => Math.max(...text.split('\n').map(({ length }) => length))

describe('tables of EtlSchedules', () => {
  it('fit 80 columns whatever the names and figures, with names and results whole', () => {
    const schedules = renderSchedules([overview], { now, width: 80 })
    expect(longest(schedules)).to.be.at.most(80)
    expect(schedules).to.include(`${overview.name}  Succeeded  in 119 min`)
    const runs = renderRuns([{ ...run, message: 'x '.repeat(200), result: 'Failed' }], { now, width: 80 })
    expect(longest(runs)).to.be.at.most(80)
    expect(runs).to.include(`${run.name}  Failed`)
  })

  it('show all of it where there is room', () => {
    expect(renderSchedules([overview], { now, width: Infinity }).split('\n').slice(0, 2)).to.deep.equal([
      `${'NAME'.padEnd(52)}  PIPELINE  LAST RUN     RESULT            ROWS  NEXT`,
      `${'n'.repeat(52)}  products  119 min ago  Succeeded  999,999,999  in 119 min`,
    ])
    expect(renderRuns([run], { now, width: Infinity }).split('\n')).to.have.length(2)
  })

  it('leave out what is not known, and show what runs before what has ended', () => {
    const { name, trigger, startTime } = run
    expect(renderRuns([{ name: 'a', trigger, startTime, result: 'Running' }], { now, width: 80 })).to.match(
      /\na +119 min ago +119 min +schedule +Running$/,
    )
    const running = { ...run, startTime: '2026-11-25T11:59:50Z', result: 'Running' } as const
    expect(renderSchedules([{ ...overview, active: [running] }], { now, width: Infinity })).to.match(
      /\nn+  products  10 s ago  Running /,
    )
    const due = { ...overview, suspended: true, lastRun: null, problems: [], name: 'a' }
    expect(renderSchedules([due], { now, width: 80 })).to.match(/\na +products +never +suspended$/)
    expect(name).to.have.length(63)
  })
})
