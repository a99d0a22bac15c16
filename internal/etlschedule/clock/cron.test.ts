import { expect } from 'chai'
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { InvalidInput } from '#internal/errors/errors.ts'
import { parseCron } from './cron.ts'

const refusedByKubernetes = gunzipSync(readFileSync('test/data/cron-golden.ndjson.gz'))
  .toString()
  .trim()
  .split('\n')
  .map(line => JSON.parse(line) as { schedule: string; refused?: boolean })
  .filter(({ refused }) => refused === true)
  .map(({ schedule }) => schedule)

/** What the API server says no to, beyond the golden file. */
const alsoRefused = [
  ' @hourly',
  '@hourly ',
  '@Hourly',
  '@every',
  '@every soon',
  '@every 1d',
  '@every 300000000h',
  'TZ=UTC * * * * *',
  'CRON_TZ=Europe/Berlin 0 0 * * *',
  '-1 * * * *',
  '1-2-3 * * * *',
  '1/2/3 * * * *',
  '*/-1 * * * *',
  '*/ * * * *',
  '1- * * * *',
  '-5 * * * *',
  '1.5 * * * *',
  '0x1 * * * *',
  '* * ** * *',
  '* * * jann *',
  '* * * * sunday',
  '* * * * mon-7',
  '50/15-59 * * * *',
]

function values(text: string) {
  const cron = parseCron(text)
  if (cron.kind !== 'fields') throw new Error('no fields')
  const { eitherDay, ...sets } = cron.fields
  return { eitherDay, ...Object.fromEntries(Object.entries(sets).map(([name, set]) => [name, [...set]])) }
}

function refusal(text: string): InvalidInput {
  try {
    parseCron(text)
  } catch (error) {
    if (error instanceof InvalidInput) return error
    throw error
  }
  throw new Error(`${JSON.stringify(text)} was accepted`)
}

const cronLike = fc
  .array(fc.stringMatching(/^[0-9*?/,+a-zA-Z-]{0,6}$/), { minLength: 4, maxLength: 6 })
  .map(parts => parts.join(' '))

describe('cron expressions', () => {
  it('are refused wherever Kubernetes refuses them, naming the field, what came and the way out', () => {
    expect(refusedByKubernetes.length).to.be.greaterThan(15)
    for (const text of [...refusedByKubernetes, ...alsoRefused]) {
      const { field, message } = refusal(text)
      expect(field).to.equal('schedule')
      expect(message).to.include(JSON.stringify(text))
      expect(message, text).to.match(/must|takes|has more than one/)
    }
    expect(refusal('* * * * 7').message).to.equal(
      'schedule "* * * * 7": day of week "7" must be 0 (Sunday) to 6 or SUN to SAT, * for any, a list 1,3, a range 1-3, or a step */2',
    )
    expect(refusal('0 22-2 * * *').message).to.equal(
      'schedule "0 22-2 * * *": hour "22-2" must begin before it ends; write it as 22-23,0-2',
    )
    expect(refusal('TZ=UTC 0 3 * * *').message).to.include('give it as timeZone')
  })

  it('read fields with names, lists, ranges and steps', () => {
    expect(values('\t5,50/4  0-6/3,23 1,,2 jan-MAR Sun,5 ')).to.deep.equal({
      minutes: [5, 50, 54, 58],
      hours: [0, 3, 6, 23],
      days: [1, 2],
      months: [1, 2, 3],
      weekdays: [0, 5],
      eitherDay: true,
    })
    expect(values('+5 007 */99999999999 ?-x */4')).to.deep.include({
      minutes: [5],
      hours: [7],
      days: [1],
      months: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
      weekdays: [0, 4],
    })
  })

  it('want both of day of month and day of week only where one of them is any', () => {
    const either = (text: string) => values(text).eitherDay
    expect(['0 0 13 * 5', '0 0 */2 * 5', '0 0 1-31 * 5'].map(either)).to.deep.equal([true, true, true])
    expect(['0 0 * * 5', '0 0 13 * ?', '0 0 */1 * 5', '0 0 13,* * 5'].map(either)).to.deep.equal([
      false,
      false,
      false,
      false,
    ])
  })

  it('read @every as Go reads durations, cut to whole seconds and one at least', () => {
    const every = (duration: string) => {
      const cron = parseCron(`@every ${duration}`)
      return cron.kind === 'every' ? cron.everyMs : null
    }
    const durations = ['90m', '1h30m', '1.5h', '.5m', '1m1500ms', '2.999s', '5ms', '0', '-1h', '+3s', '1e3s']
    expect(durations.slice(0, -1).map(every)).to.deep.equal([
      5_400_000, 5_400_000, 5_400_000, 30_000, 61_000, 2_000, 1_000, 1_000, 1_000, 3_000,
    ])
    expect(() => every('1e3s')).to.throw(InvalidInput, '@every takes a duration')
  })

  it('of any text either are read or refused as invalid input', () => {
    const any = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      cronLike,
      fc.string().map(s => `@every ${s}`),
    )
    fc.assert(
      fc.property(any, text => {
        try {
          const cron = parseCron(text)
          expect(cron.kind).to.be.oneOf(['fields', 'every'])
        } catch (error) {
          expect(error).to.be.instanceOf(InvalidInput)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
