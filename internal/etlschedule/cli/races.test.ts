import { expect } from 'chai'
import { startKubeRig } from '../../kube/test-support.ts'
import { crdVersionAnnotation, runRequestedAnnotation } from '../resource/names.ts'
import { applyCrd } from './apply-crd.ts'
import { requestRun } from './schedules.ts'
import type { KubeClient } from '#internal/kube/client.ts'
import type { FakeObject } from '#internal/kube/fake-cluster.ts'
import type { KubeRig } from '../../kube/test-support.ts'

const schedule = {
  kind: 'etlschedules.vitrine.dev',
  namespace: 'shop',
  name: 'orders',
  manager: 'somebody-else',
  subresource: undefined,
}
const crd = {
  kind: 'customresourcedefinitions.apiextensions.k8s.io',
  namespace: undefined,
  name: 'etlschedules.vitrine.dev',
  manager: 'somebody-else',
  subresource: undefined,
}
const { signal } = new AbortController()

describe('what others do at the same time', () => {
  let rig: KubeRig
  beforeEach(async () => {
    rig = await startKubeRig()
  })
  afterEach(() => rig[Symbol.asyncDispose]())

  /** Something happens right after the first look. */
  function afterFirstLook(happens: () => void): KubeClient {
    let looks = 0
    return {
      ...rig.client,
      async get(...asked: Parameters<KubeClient['get']>) {
        const found = await rig.client.get(...asked)
        looks += 1
        if (looks === 1) happens()
        return found
      },
    } as KubeClient
  }

  it('never loses a request for a run: the one that was first is joined', async () => {
    rig.server.cluster.create(schedule, {
      apiVersion: 'vitrine.dev/v1alpha1',
      kind: 'EtlSchedule',
      metadata: { name: 'orders' },
      spec: { pipeline: 'orders', schedule: '@daily', source: { secretRef: { name: 'shop' } } },
    } as unknown as FakeObject)
    const theirs = { [runRequestedAnnotation]: 'theirs' }
    const kube = afterFirstLook(() =>
      rig.server.cluster.merge(schedule, { metadata: { annotations: theirs } }),
    )
    const { request, joined } = await requestRun({ kube, namespace: 'shop', signal }, 'orders', {
      allowRefused: false,
    })
    expect({ request, joined }).to.deep.equal({ request: 'theirs', joined: true })
  })

  it('never puts an older definition over a newer one that comes meanwhile', async () => {
    const releaseOf = (release: string) => ({ annotations: { [crdVersionAnnotation]: release } })
    rig.server.cluster.create(crd, {
      metadata: { name: crd.name, ...releaseOf('0.0.1') },
    } as unknown as FakeObject)
    const kube = afterFirstLook(() => rig.server.cluster.merge(crd, { metadata: releaseOf('2.0.0') }))
    const applied = await applyCrd({ kube, release: '1.0.0', dryRun: false, limitMs: 100, signal })
    expect(applied).to.deep.equal({ outcome: 'left', before: '2.0.0' })
    const { metadata } = rig.server.cluster.get(crd) as FakeObject & { metadata: object }
    expect(metadata).to.deep.include(releaseOf('2.0.0'))
  })

  it('says that a definition is not served in time, or never will be', async () => {
    const apply = () => applyCrd({ kube: rig.client, release: '1.0.0', dryRun: false, limitMs: 1, signal })
    const failure = async () => (await apply().catch((error: unknown) => error)) as Error
    expect(await failure())
      .to.have.property('message')
      .that.includes('does not serve')
    const taken = [{ type: 'NamesAccepted', status: 'False', message: '"etl" is already in use' }]
    rig.server.cluster.merge({ ...crd, subresource: 'status' }, { status: { conditions: taken } })
    expect(await failure()).to.have.property('name', 'Misconfigured')
    expect(await failure())
      .to.have.property('message')
      .that.includes('"etl" is already in use')
  })
})
