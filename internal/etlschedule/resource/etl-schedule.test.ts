import { expect } from 'chai'
import { InvalidInput } from '#internal/errors/errors.ts'
import {
  badSamples,
  etlScheduleManifest,
  goodSamples,
  unknownFieldSamples,
} from '../../../test/etlschedule-samples.ts'
import { parseEtlSchedule, parseWithoutSpec } from './etl-schedule.ts'

function refusalOf(parse: () => unknown): InvalidInput {
  try {
    parse()
  } catch (error) {
    if (error instanceof InvalidInput) return error
    throw error
  }
  throw new Error('was accepted')
}

describe('an EtlSchedule', () => {
  for (const { name, manifest } of goodSamples) {
    it(`is accepted with ${name}`, () => {
      expect(parseEtlSchedule(manifest, { unknownFields: 'refuse' })).to.deep.include({ kind: 'EtlSchedule' })
    })
  }

  for (const { name, manifest, words } of badSamples) {
    it(`is refused, in words, with ${name}`, () => {
      const { message, field } = refusalOf(() => parseEtlSchedule(manifest))
      for (const word of words) expect(message).to.include(word)
      expect(field).to.match(/^(spec|metadata)\./)
    })
  }

  for (const { name, manifest, words } of unknownFieldSamples) {
    it(`is refused with ${name} where unknown fields are, and else read without it`, () => {
      const { message } = refusalOf(() => parseEtlSchedule(manifest, { unknownFields: 'refuse' }))
      for (const word of words) expect(message).to.include(word)
      expect(parseEtlSchedule(manifest).spec.schedule).to.equal('0 3 * * *')
    })
  }

  it('has its defaults filled in', () => {
    const { metadata, spec, status } = parseEtlSchedule(etlScheduleManifest('orders'))
    expect(metadata).to.include({ namespace: 'default', uid: '', generation: 0 })
    expect(spec).to.deep.include({
      timeZone: 'Etc/UTC',
      window: '90d',
      fullEvery: '24h',
      guard: { minRows: 0, maxDropPercent: 100 },
      concurrencyPolicy: 'Forbid',
      suspend: false,
      backoffLimit: 2,
    })
    expect(status).to.deep.include({ observedGeneration: -1, conditions: [], recentRuns: [] })
  })

  it('is refused with all that is wrong at once, the first of it as the field', () => {
    const { message, field } = refusalOf(() =>
      parseEtlSchedule(etlScheduleManifest('orders', { pipeline: 'users', window: '0d', backoffLimit: -1 })),
    )
    expect(field).to.equal('spec.pipeline')
    expect(message.split('; ')).to.have.length(3)
    expect(message).to.include('spec.pipeline "users" must be orders or products')
  })

  it('can be told by its name and status when its spec is refused', () => {
    const object = {
      ...etlScheduleManifest('orders', { schedule: 'never' }),
      status: { observedGeneration: 3 },
    }
    const { metadata, status } = parseWithoutSpec(object)
    expect([metadata.name, status.observedGeneration]).to.deep.equal(['orders', 3])
  })

  it('is not taken for another object', () => {
    for (const object of [null, 'x', [], {}, { ...etlScheduleManifest('a'), kind: 'CronJob' }]) {
      expect(refusalOf(() => parseEtlSchedule(object))).to.be.instanceOf(InvalidInput)
    }
  })
})
