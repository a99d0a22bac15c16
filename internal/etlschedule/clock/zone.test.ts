import { expect } from 'chai'
import { InvalidInput } from '#internal/errors/errors.ts'
import { linkNames } from './zone-links.ts'
import { findZone } from './zone.ts'

describe('time zones of schedules', () => {
  it('are found by every name of the IANA that Kubernetes finds', () => {
    const names = [...Intl.supportedValuesOf('timeZone'), ...linkNames]
    expect(names.length).to.be.greaterThan(550)
    for (const name of names) expect(findZone(name).name).to.equal(name)
  })

  it('are refused in the wrong case, as offsets, and by names that only this machine or a browser knows', () => {
    const wrong = [
      '',
      'Local',
      'local',
      'utc',
      'europe/berlin',
      'us/pacific',
      'asia/kolkata',
      '+01:00',
      'UTC+1',
      'PST',
      'IST',
      'SystemV/PST8',
      'Europe/Atlantis',
      'Etc/Unknown',
      '../UTC',
      'Europe/Berlin ',
      'Europe//Berlin',
      '\0',
      'x'.repeat(10_000),
    ]
    for (const name of wrong) {
      expect(() => findZone(name), name)
        .to.throw(InvalidInput, 'is not a time zone')
        .with.property('field', 'timeZone')
    }
    expect(() => findZone('europe/berlin')).to.throw('is Europe/Berlin meant?')
  })

  it('know their offset to the second on both sides of a change', () => {
    const lordHowe = findZone('Australia/Lord_Howe')
    const change = Date.parse('2026-04-04T15:00:00Z')
    expect(lordHowe.localAt(change - 1_000)).to.include({ day: 5, hour: 1, minute: 59, second: 59 })
    expect(lordHowe.localAt(change)).to.include({ day: 5, hour: 1, minute: 30, second: 0 })
  })
})
