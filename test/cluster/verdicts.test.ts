import { expect } from 'chai'
import { until } from '../system/processes.ts'
import { kubectl, tryKubectl } from './kubectl.ts'
import { verdictOn } from './kstatus.ts'
import { condition, isReady, prepareScene, rarely } from './scene.ts'
import type { CronJob } from '#internal/etlschedule/objects/kubernetes.ts'
import type { Schedule } from './scene.ts'

describe('Tools that wait for an EtlSchedule (helm --wait, Flux, Argo CD)', function () {
  this.timeout(90_000)
  const scene = prepareScene()

  it('wait while no controller has seen it', async () => {
    const created = await scene.create('early')
    expect(created.status.observedGeneration).to.equal(-1)
    expect(verdictOn(created)).to.equal('InProgress')
  })

  it('wait for one that was made before the controller, until its CronJob is there', async () => {
    await scene.startController()
    await scene.untilReady('early')
    expect(verdictOn(await scene.get('early'))).to.equal('Current')
    expect(await scene.cronJob('early')).to.not.equal(null)
  })

  it('wait for one that was just made, and never take it for done too early', async () => {
    const created = await scene.create('fresh')
    expect(verdictOn(created)).to.equal('InProgress')
    const early = new AbortController()
    const watching = verdictsFrom(created, early.signal)
    await scene.untilReady('fresh')
    early.abort()
    for (const { verdict, hasCronJob } of await watching) {
      if (verdict === 'Current') expect(hasCronJob).to.equal(true)
    }
  })

  it('wait for one whose Secret is missing', async () => {
    await scene.create('sourceless', { source: { secretRef: { name: 'not-there-yet', key: 'uri' } } })
    const waiting = await scene.untilSchedule(
      'sourceless',
      'names the Secret',
      schedule => condition(schedule, 'Ready')?.reason === 'SecretMissing',
    )
    expect(verdictOn(waiting)).to.equal('InProgress')
    expect(condition(waiting, 'Ready')?.message).to.include('not-there-yet')
  })

  it('wait for one whose name a CronJob of somebody else has, which is left alone', async () => {
    await scene.kube.create(scene.places.cronJobs, foreignCronJob('taken', scene.namespace))
    await scene.create('taken')
    const waiting = await scene.untilSchedule(
      'taken',
      'says that the name is taken',
      schedule => condition(schedule, 'Ready')?.reason === 'NameTaken',
    )
    expect(verdictOn(waiting)).to.equal('InProgress')
    const left = await scene.cronJob('taken')
    expect(left?.spec.schedule).to.equal('1 1 1 1 *')
    expect(left?.metadata.ownerReferences).to.equal(undefined)
    await scene.kube.delete(scene.places.cronJobs, 'taken')
    await scene.untilReady('taken')
  })

  it('give up on one that a policy of the cluster refuses, until its spec is mended', async () => {
    await using policy = await forbidSchedule('13 13 13 * *', scene.namespace)
    await scene.create('forbidden', { schedule: policy.schedule })
    const stalled = await scene.untilSchedule(
      'forbidden',
      'is stalled',
      schedule => verdictOn(schedule) === 'Failed',
    )
    expect(condition(stalled, 'Stalled')?.message).to.include(policy.words)
    expect(condition(stalled, 'Ready')).to.include({ status: 'False' })
    await scene.change('forbidden', { schedule: rarely })
    const mended = await scene.untilReady('forbidden')
    expect(verdictOn(mended)).to.equal('Current')
    expect(condition(mended, 'Stalled')).to.equal(undefined)
  })

  it('do not wait for one that is suspended', async () => {
    await scene.create('suspended', { suspend: true })
    const suspended = await scene.untilReady('suspended')
    expect(verdictOn(suspended)).to.equal('Current')
    expect(condition(suspended, 'Ready')?.reason).to.equal('Suspended')
    expect(suspended.status.nextScheduleTimes ?? []).to.deep.equal([])
  })

  it('wait again once its spec has changed', async () => {
    const { metadata } = await scene.get('fresh')
    await scene.change('fresh', { schedule: '0 5 * * *' })
    const changed = await scene.untilReady('fresh')
    expect(changed.metadata.generation).to.equal((metadata.generation ?? 0) + 1)
    expect(
      verdictOn({ ...changed, status: { ...changed.status, observedGeneration: metadata.generation ?? 0 } }),
    ).to.equal('InProgress')
  })

  it('see that it is being deleted', async () => {
    await scene.create('leaving')
    await scene.untilReady('leaving')
    // The API server shows what is being deleted only where something holds it.
    await scene.kube.mergePatch(scene.places.schedules, 'leaving', {
      metadata: { finalizers: ['example.com/held'] },
    })
    await scene.kube.delete(scene.places.schedules, 'leaving')
    expect(verdictOn(await scene.get('leaving'))).to.equal('Terminating')
    await scene.kube.mergePatch(scene.places.schedules, 'leaving', { metadata: { finalizers: null } })
  })

  async function verdictsFrom({ metadata }: Schedule, signal: AbortSignal) {
    const seen: { verdict: string; hasCronJob: boolean }[] = []
    while (!signal.aborted) {
      const schedule = await scene.get(metadata.name)
      const verdict = verdictOn(schedule)
      seen.push({ verdict, hasCronJob: (await scene.cronJob(metadata.name)) !== null })
      if (isReady(schedule)) break
    }
    return seen
  }
})

/** A policy such as clusters have of their own: no CronJob of the namespace may have that schedule. */
async function forbidSchedule(schedule: string, namespace: string) {
  const words = 'nothing runs on unlucky days'
  const kinds = { apiGroups: ['batch'], apiVersions: ['v1'], resources: ['cronjobs'], operations: ['*'] }
  const inNamespace = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } }
  const policy = policyObject('ValidatingAdmissionPolicy', namespace, {
    matchConstraints: { resourceRules: [kinds] },
    validations: [{ expression: `object.spec.schedule != '${schedule}'`, message: words }],
  })
  const binding = policyObject('ValidatingAdmissionPolicyBinding', namespace, {
    policyName: namespace,
    validationActions: ['Deny'],
    matchResources: inNamespace,
  })
  const input = { apiVersion: 'v1', kind: 'List', items: [policy, binding] }
  await kubectl(['apply', '--server-side', '-f', '-'], { input })
  const tried = foreignCronJob('tried', namespace, schedule)
  await until('the policy holds', async () => {
    const { ok } = await tryKubectl(['create', '--dry-run=server', '-f', '-'], { input: tried })
    return !ok
  })
  return {
    schedule,
    words,
    async [Symbol.asyncDispose]() {
      await kubectl(['delete', '-f', '-'], { input })
    },
  }
}

const policyObject = (kind: string, name: string, spec: object) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind,
  metadata: { name },
  spec,
})

function foreignCronJob(name: string, namespace: string, schedule = '1 1 1 1 *'): CronJob {
  const template = { spec: { restartPolicy: 'Never' as const, containers: [{ name: 'a', image: 'a' }] } }
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name, namespace },
    spec: { schedule, jobTemplate: { spec: { template } } },
  }
}
