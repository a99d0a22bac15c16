import { expect } from 'chai'
import { parseCron } from '#internal/etlschedule/clock/cron.ts'
import { version } from '../../cmd/shared/service.ts'
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
      input: buildCrd(version),
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

  it('have a schedule only where a CronJob would, and the code reads just what a CronJob reads', async () => {
    const accepted = async (made: (name: string, schedule: string) => Json) => {
      const items = oddSchedules.map((schedule, index) => made(`odd-${index}`, schedule))
      const list = { apiVersion: 'v1', kind: 'List', items }
      const { stdout } = await create(list, '--dry-run=server', '-o', 'name')
      const names = new Set(stdout.split('\n').map(line => line.split('/')[1]))
      return oddSchedules.filter((_, index) => names.has(`odd-${index}`))
    }
    const byCronJob = await accepted(cronJobManifest)
    expect(byCronJob).to.have.length.within(20, oddSchedules.length - 20)
    expect(oddSchedules.filter(isReadable)).to.deep.equal(byCronJob)
    const byEtlSchedule = await accepted((name, schedule) => etlScheduleManifest(name, { schedule }))
    expect(byEtlSchedule).to.deep.equal(byCronJob.filter(schedule => !neverMeant.includes(schedule)))
  })

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

/** What CronJobs take and nobody means: an EtlSchedule need not take it. */
const neverMeant = ['1,,2 * * * *', ', * * * *', '*-5 * * * *', '+5 * * * *', '@every 0s', '@every -5m']

const oddSchedules = [
  ...neverMeant,
  ...'* 0 59 60 00 059 0-59 5-5 9-5 */1 */59 */60 */0 */ / - 1- 1/2 1-9/3 1/2/3 1-2-3 ? ?/2 1.5 -1 x 0x5 1e1'
    .split(' ')
    .map(minute => `${minute} * * * *`),
  ...'0 23 24 ? */25'.split(' ').map(hour => `0 ${hour} * * *`),
  ...'0 1 31 32 L W 1W ? */31 31-1'.split(' ').map(day => `0 0 ${day} * *`),
  ...'0 1 12 13 JAN jan Jan JANUARY JAN-MAR MAR-JAN 1-MAR MAR-1 JAN/2 MON'
    .split(' ')
    .map(month => `0 0 1 ${month} *`),
  ...'0 6 7 SUN sun-sat SAT-SUN 1-FRI FRI-1 5L 1#1 MON#1 MON,WED,FRI JAN'
    .split(' ')
    .map(day => `0 0 * * ${day}`),
  '',
  ' ',
  '* * * *',
  '* * * * * *',
  ' * * * * * ',
  '*\t*\t*\t*\t*',
  '*  *  *  *  *',
  '*,* * * * *',
  'TZ=UTC * * * * *',
  'CRON_TZ=UTC * * * * *',
  'TZ=UTC @daily',
  '* * * * TZ',
  '@every 1h TZ',
  '@daily',
  '@Daily',
  '@daily ',
  ' @daily',
  '@hourly 5',
  '@',
  '@midnight',
  '@annually',
  '@reboot',
  '@secondly',
  '@every',
  '@every ',
  '@every 1h',
  '@every  1h',
  '@every 1h30m',
  '@every 1d',
  '@every 90',
  '@every 1.5h',
  '@every 1ms',
]

function isReadable(schedule: string): boolean {
  try {
    parseCron(schedule)
    return true
  } catch {
    return false
  }
}

function cronJobManifest(name: string, schedule: string): Json {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'a' }] } }
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name },
    spec: { schedule, jobTemplate: { spec: { template } } },
  }
}

function fieldNames(schema: Json): string[] {
  const inner = (schema['items'] ?? {}) as Json
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Json>)
  return [
    ...properties.flatMap(([name, field]) => [name, ...fieldNames(field)]),
    ...(Object.keys(inner).length > 0 ? fieldNames(inner) : []),
  ]
}
