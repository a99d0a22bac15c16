import { expect } from 'chai'
import { buildCrd, objectSchema } from '#internal/etlschedule/resource/crd.ts'
import { etlScheduleManifest, badSamples, goodSamples, unknownFieldSamples } from '../etlschedule-samples.ts'
import { kubectl, makeNamespace, tryKubectl } from './kubectl.ts'
import type { Json } from '#internal/etlschedule/resource/crd.ts'

describe('EtlSchedules on a real API server', function () {
  this.timeout(120_000)
  let namespace: Awaited<ReturnType<typeof makeNamespace>>

  before(async () => {
    namespace = await makeNamespace('crd')
    await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], {
      input: buildCrd('0.0.0'),
    })
    await kubectl(['wait', '--for=condition=Established', 'crd/etlschedules.vitrine.dev', '--timeout=30s'])
  })
  after(() => namespace[Symbol.asyncDispose]())

  const create = (manifest: Json, ...flags: string[]) =>
    tryKubectl(['create', '-n', namespace.name, '--validate=strict', ...flags, '-f', '-'], {
      input: manifest,
    })

  for (const { name, manifest } of goodSamples) {
    it(`are accepted with ${name}`, async () => {
      expect((await create(manifest, '--dry-run=server')).stderr).to.equal('')
    })
  }

  for (const { name, manifest, words } of [...badSamples, ...unknownFieldSamples]) {
    it(`are refused, in words, with ${name}`, async () => {
      const { ok, stderr } = await create(manifest, '--dry-run=server')
      expect(ok, stderr).to.equal(false)
      for (const word of words) expect(stderr).to.include(word)
    })
  }

  it('keep their pipeline, and may change all else', async () => {
    await kubectl(['create', '-n', namespace.name, '-f', '-'], { input: etlScheduleManifest('fixed') })
    const patch = (spec: Json) =>
      tryKubectl(['patch', '-n', namespace.name, 'etl/fixed', '--type=merge', '-p', JSON.stringify({ spec })])
    const refused = await patch({ pipeline: 'products' })
    expect(refused.stderr).to.include('spec.pipeline').and.to.include('make another EtlSchedule')
    expect((await patch({ schedule: '@hourly', window: '30d', suspend: true })).ok).to.equal(true)
  })

  it('await the first visit of a controller from the start', async () => {
    await kubectl(['create', '-n', namespace.name, '-f', '-'], { input: etlScheduleManifest('new') })
    const { status, spec } = JSON.parse(await kubectl(['get', '-n', namespace.name, 'etl/new', '-o', 'json']))
    expect(status).to.deep.equal({ observedGeneration: -1 })
    expect(spec).to.include({ window: '90d', timeZone: 'Etc/UTC' })
  })

  it('explain every field', async () => {
    const explained = await kubectl(['explain', 'etlschedules', '--recursive'])
    for (const field of fieldNames(objectSchema()))
      expect(explained).to.match(new RegExp(`^ +${field}\t`, 'm'))
    expect(await kubectl(['explain', 'etl.spec.window'])).to.include('How far back')
  })

  it('show at a glance how they stand', async () => {
    const [head = ''] = (await kubectl(['get', 'vitrine', '-n', namespace.name])).split('\n')
    expect(head.split(/ {2,}/)).to.deep.equal([
      'NAME',
      'PIPELINE',
      'SCHEDULE',
      'SUSPENDED',
      'READY',
      'LAST RUN',
      'RESULT',
      'NEXT',
      'AGE',
    ])
  })
})

function fieldNames(schema: Json): string[] {
  const inner = (schema['items'] ?? {}) as Json
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Json>)
  return [
    ...properties.flatMap(([name, field]) => [name, ...fieldNames(field)]),
    ...(Object.keys(inner).length > 0 ? fieldNames(inner) : []),
  ]
}
