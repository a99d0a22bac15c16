import { expect } from 'chai'
import { eventually } from '../../test/contract/event-log-rig.ts'
import { createEventRecorder } from './events.ts'
import { mapOf, samples, startKubeRig } from './test-support.ts'
import type { EventRecorder, Regarding } from './events.ts'
import type { KubeRig } from './test-support.ts'

const minuteMs = 60_000
const note = {
  type: 'Warning',
  reason: 'SecretMissing',
  message: 'there is no Secret shop-database',
} as const

describe('Events', () => {
  let rig: KubeRig
  let clock: number
  let recorder: EventRecorder
  beforeEach(async () => {
    rig = await startKubeRig({ timeoutMs: 300 })
    clock = Date.parse('2026-11-01T10:00:00Z')
    recorder = createEventRecorder({ ...rig, component: 'vitrine-controller', now: () => clock })
  })
  afterEach(async () => {
    await recorder[Symbol.asyncDispose]()
    await rig[Symbol.asyncDispose]()
  })

  const regarding = (name: string): Regarding => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...mapOf(name).metadata, uid: `uid-of-${name}` },
  })
  const written = () => rig.server.cluster.list('events', 'shop')
  const dropped = async () => Object.values(await samples(rig.metrics, 'vitrine_kube_events_dropped_total'))

  it('say what happened to which object', async () => {
    recorder.record(regarding('a'), note)
    await eventually(() => written().length === 1, 'it is written')
    expect(written()[0]).to.deep.include({ ...note, count: 1, source: { component: 'vitrine-controller' } })
    expect(written()[0]?.['involvedObject']).to.include({ kind: 'ConfigMap', name: 'a', uid: 'uid-of-a' })
  })

  it('count what happens again within 10 minutes, and begin anew after', async () => {
    for (let n = 0; n < 3; n++) {
      recorder.record(regarding('a'), note)
      clock += 9 * minuteMs
    }
    await eventually(() => written()[0]?.['count'] === 3, 'three times')
    expect(written()).to.have.length(1)
    expect(written()[0]).to.include({
      firstTimestamp: '2026-11-01T10:00:00Z',
      lastTimestamp: '2026-11-01T10:18:00Z',
    })
    clock += 2 * minuteMs
    recorder.record(regarding('a'), note)
    await eventually(() => written().length === 2, 'a new one')
  })

  it('are written anew when the API server has forgotten the first', async () => {
    recorder.record(regarding('a'), note)
    await eventually(() => written().length === 1, 'it is written')
    await rig.client.delete(
      { group: '', version: 'v1', plural: 'events', namespace: 'shop' },
      written()[0]?.metadata.name ?? '',
    )
    recorder.record(regarding('a'), note)
    await eventually(() => written()[0]?.['count'] === 2, 'it is there again')
  })

  it('are no flood: of one object 25 at once, then one in five minutes, and the count stays right', async () => {
    for (let n = 0; n < 200; n++) recorder.record(regarding('a'), note)
    recorder.record(regarding('b'), note)
    await eventually(() => written().length === 2, 'both are told of')
    const before = rig.server.requests.length
    expect(before).to.be.at.most(26)
    expect(await dropped()).to.deep.equal([175])
    clock += 5 * minuteMs
    recorder.record(regarding('a'), note)
    await eventually(() => written().some(one => one['count'] === 201), 'the count is right')
  })

  it('never fail or hold up their caller when the API server is away', async () => {
    rig.server.fail('reset', { times: Infinity })
    for (let n = 0; n < 5; n++) recorder.record(regarding(`a-${n}`), note)
    await eventually(async () => (await dropped())[0] === 5, 'they are counted as dropped')
    rig.server.heal()
    recorder.record(regarding('a-0'), note)
    await eventually(() => written().length === 1, 'it is told of with the next')
    expect(written()[0]?.['count']).to.equal(2)
  })

  it('are written before the recorder leaves', async () => {
    recorder.record(regarding('a'), note)
    await recorder[Symbol.asyncDispose]()
    expect(written()).to.have.length(1)
  })
})
