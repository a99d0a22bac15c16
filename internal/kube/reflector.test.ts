import { expect } from 'chai'
import fc from 'fast-check'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../../test/contract/event-log-rig.ts'
import { isWatch } from './fake-api-server.ts'
import { keyOf } from './objects.ts'
import { createReflectors } from './reflector.ts'
import { mapOf, maps, samples, startKubeRig } from './test-support.ts'
import type { Fault } from './fake-api-server.ts'
import type { Change, ReflectorOptions, ReflectorTimes } from './reflector.ts'
import type { ConfigMap, KubeRig } from './test-support.ts'

const soon: Partial<ReflectorTimes> = { backOff: { firstMs: 5, maxMs: 40 }, steadyMs: 200 }

describe('reflector', () => {
  let rig: KubeRig
  beforeEach(async () => {
    rig = await startKubeRig({ timeoutMs: 300 })
  })
  afterEach(async () => rig[Symbol.asyncDispose]())

  const start = (options: Partial<ReflectorOptions<ConfigMap>> = {}, times: Partial<ReflectorTimes> = soon) =>
    createReflectors({ ...rig, times }).start<ConfigMap>({ place: maps, ...options })

  it('is synced after the first list, however many pages it has, and then follows', async () => {
    for (let n = 0; n < 1_203; n++) await rig.client.create(maps, mapOf(`m-${n}`))
    await using reflector = start()
    expect(reflector.problem()).to.include('not listed yet')
    await reflector.synced
    expect(reflector.problem()).to.equal(null)
    expect(reflector.list()).to.have.length(1_203)
    await rig.client.create(maps, mapOf('new'))
    await eventually(() => reflector.get('shop/new') !== undefined, 'the new one is known')
  })

  it('tells each change with what was and what is', async () => {
    const changes: Change<ConfigMap>[] = []
    await rig.client.create(maps, mapOf('a', { v: '1' }))
    await using reflector = start({ onChange: change => changes.push(change) })
    await reflector.synced
    await rig.client.mergePatch(maps, 'a', { data: { v: '2' } })
    await rig.client.delete(maps, 'a')
    await eventually(() => changes.length === 3, 'three changes')
    expect(changes.map(({ key, old, now }) => [key, old?.data?.['v'], now?.data?.['v']])).to.deep.equal([
      ['shop/a', undefined, '1'],
      ['shop/a', '1', '2'],
      ['shop/a', '2', undefined],
    ])
  })

  it('finds objects by index, also after they changed and went', async () => {
    const indexes = { team: ({ metadata }: ConfigMap) => [metadata.labels?.['team'] ?? 'none'] }
    await using reflector = start({ indexes })
    await reflector.synced
    await rig.client.create(maps, mapOf('a', {}, { labels: { team: 'web' } }))
    await rig.client.create(maps, mapOf('b', {}, { labels: { team: 'web' } }))
    await eventually(() => reflector.byIndex('team', 'web').length === 2, 'both are found')
    await rig.client.mergePatch(maps, 'a', { metadata: { labels: { team: 'data' } } })
    await rig.client.delete(maps, 'b')
    await eventually(() => reflector.byIndex('team', 'data').length === 1, 'the moved one is found')
    await eventually(() => reflector.byIndex('team', 'web').length === 0, 'none is left')
  })

  it('keeps no managedFields, or what it is told to keep', async () => {
    await rig.client.create(maps, mapOf('a', { big: 'x'.repeat(1000) }))
    await using plain = start()
    await using bare = start({
      keep: ({ metadata: { name, namespace = '', resourceVersion = '' } }) => ({
        metadata: { name, namespace, resourceVersion },
      }),
    })
    await Promise.all([plain.synced, bare.synced])
    expect(plain.get('shop/a')?.metadata).to.not.have.property('managedFields')
    expect(bare.get('shop/a')).to.not.have.property('data')
  })

  it('goes on from the last bookmark without listing again when watches end in time', async () => {
    await using reflector = start({}, { ...soon, watchSeconds: [1, 1] })
    await reflector.synced
    await eventually(() => rig.server.requests.filter(isWatch).length >= 3, 'three watches')
    expect(rig.server.requests.filter(request => !isWatch(request))).to.have.length(1)
  })

  it('lists again when its version is too old, and tells what changed meanwhile', async () => {
    await rig.client.create(maps, mapOf('a'))
    const gone: string[] = []
    await using reflector = start({ onChange: ({ key, now }) => now === null && gone.push(key) })
    await reflector.synced
    await eventually(() => rig.server.watches() === 1, 'it watches')
    rig.server.fail('stall', { matching: isWatch })
    rig.server.cutWatches('reset')
    await eventually(() => rig.server.watches() === 0, 'it is cut')
    await rig.client.delete(maps, 'a')
    await rig.client.create(maps, mapOf('b'))
    rig.server.cluster.compact()
    await eventually(() => reflector.get('shop/b') !== undefined, 'the new one is known')
    expect(gone).to.deep.equal(['shop/a'])
  })

  it('sees what was changed behind a watch that went silent without a reset', async () => {
    await using reflector = start({}, { ...soon, watchSeconds: [0, 0] })
    await reflector.synced
    await eventually(() => rig.server.watches() === 1, 'it watches')
    rig.server.freezeWatches()
    await rig.client.create(maps, mapOf('unseen'))
    await eventually(() => reflector.get('shop/unseen') !== undefined, 'it is seen')
  })

  it('asks seldom of a server that ends each watch at once, or fails each request', async () => {
    for (const fault of ['cut', 'reset', 'internal-error', 'expired-event'] as const) {
      await using reflector = start({}, { steadyMs: 5_000, backOff: { firstMs: 50, maxMs: 400 } })
      await reflector.synced
      rig.server.cutWatches('politely')
      rig.server.fail(fault, { times: Infinity })
      const before = rig.server.requests.length
      await sleep(1_500)
      expect(rig.server.requests.length - before, fault).to.be.within(1, 20)
      rig.server.heal()
      await rig.client.apply(maps, mapOf(`after-${fault}`))
      await eventually(() => reflector.get(`shop/after-${fault}`) !== undefined, 'it is well again')
    }
  })

  it('resyncs by listing anew, and says so', async () => {
    let resyncs = 0
    await using reflector = start(
      { onResync: () => (resyncs += 1) },
      { ...soon, watchSeconds: [1, 1], resyncMs: 200 },
    )
    await reflector.synced
    expect(resyncs).to.equal(0)
    await eventually(() => resyncs >= 2, 'two resyncs')
  })

  it('goes on when a listener throws', async () => {
    await using reflector = start({
      onChange() {
        throw new Error('a mistake')
      },
    })
    await reflector.synced
    await rig.client.create(maps, mapOf('a'))
    await rig.client.create(maps, mapOf('b'))
    await eventually(() => reflector.list().length === 2, 'both are known')
  })

  it('shows how long ago the API server last said something', async () => {
    await using reflector = start()
    await reflector.synced
    const ages = await samples(rig.metrics, 'vitrine_kube_watch_age_seconds')
    expect(Object.keys(ages)).to.deep.equal(['vitrine_kube_watch_age_seconds{resource="configmaps"}'])
    expect(Object.values(ages)[0]).to.be.within(0, 5)
  })

  it('ends equal to the server, having told each change once, whatever goes wrong on the way', async function () {
    this.timeout(120_000)
    const faults: Fault[] = ['reset', 'expired', 'expired-event', 'internal-error', 'cut']
    const write = fc.record({
      kind: fc.constant('write' as const),
      name: fc.integer({ min: 0, max: 4 }),
      value: fc.nat(9),
    })
    const remove = fc.record({ kind: fc.constant('remove' as const), name: fc.integer({ min: 0, max: 4 }) })
    const fault = fc.record({ kind: fc.constant('fault' as const), fault: fc.constantFrom(...faults) })
    const cut = fc.record({
      kind: fc.constant('cut' as const),
      how: fc.constantFrom('politely' as const, 'reset' as const),
    })
    const other = fc.constantFrom({ kind: 'compact' as const }, { kind: 'rest' as const })
    const steps = fc.array(fc.oneof({ weight: 4, arbitrary: write }, remove, fault, cut, other), {
      maxLength: 40,
    })

    await fc.assert(
      fc.asyncProperty(steps, async script => {
        await using own = await startKubeRig({ timeoutMs: 300 })
        const told = new Map<string, string | undefined>()
        const wrong: string[] = []
        const reflectors = createReflectors({ ...own, times: soon })
        await using reflector = reflectors.start<ConfigMap>({
          place: maps,
          onChange({ key, old, now }) {
            if (told.get(key) !== old?.metadata.resourceVersion) wrong.push(key)
            if (now) told.set(key, now.metadata.resourceVersion)
            else told.delete(key)
          },
        })
        const { cluster } = own.server
        const at = (name: number) => ({
          kind: 'configmaps',
          namespace: 'shop',
          name: `m-${name}`,
          manager: 'x',
          subresource: undefined,
        })
        for (const step of script) {
          if (step.kind === 'write')
            cluster.apply(at(step.name), mapOf(`m-${step.name}`, { v: String(step.value) }) as never)
          else if (step.kind === 'fault') own.server.fail(step.fault)
          else if (step.kind === 'cut') own.server.cutWatches(step.how)
          else if (step.kind === 'compact') cluster.compact()
          else if (step.kind === 'rest') await sleep(5)
          else if (cluster.list('configmaps', 'shop').some(one => one.metadata.name === `m-${step.name}`)) {
            cluster.delete(at(step.name), undefined)
          }
        }
        const wanted = () =>
          cluster
            .list('configmaps', 'shop')
            .map(one => `${one.metadata.name} ${one.metadata.resourceVersion}`)
        await eventually(
          () => {
            const known = reflector.list().map(one => `${one.metadata.name} ${one.metadata.resourceVersion}`)
            return JSON.stringify(known.sort()) === JSON.stringify(wanted().sort())
          },
          `equal after ${JSON.stringify(script)}`,
        )
        expect([...told]).to.have.deep.members(
          reflector.list().map(one => [keyOf(one), one.metadata.resourceVersion]),
        )
        expect(wrong, 'what was is not what was told last').to.deep.equal([])
        expect(own.server.requests.length).to.be.below(20 + 4 * script.length)
      }),
      { numRuns: 60 },
    )
  })

  it('ends at once when disposed of, whatever it waits for', async () => {
    rig.server.fail('stall', { times: Infinity })
    const reflector = start()
    await sleep(20)
    await reflector[Symbol.asyncDispose]()
    expect(reflector.problem()).to.not.equal(null)
  })
})
