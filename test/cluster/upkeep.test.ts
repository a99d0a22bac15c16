import { expect } from 'chai'
import { until } from '../system/processes.ts'
import { etlScheduleManifest } from '../etlschedule-samples.ts'
import { tryKubectl } from './kubectl.ts'
import { tell, tellSince } from './measured.ts'
import { condition, metricOf, prepareScene, rarely } from './scene.ts'
import type { KubeObject } from '#internal/kube/objects.ts'

const reconciled = 'controller_runtime_reconcile_total{controller="etlschedule",result="success"}'

interface Managed extends KubeObject {
  readonly metadata: KubeObject['metadata'] & {
    readonly managedFields?: readonly { readonly manager: string; readonly subresource?: string }[]
  }
}

describe('An EtlSchedule, kept up by the controller', function () {
  this.timeout(90_000)
  const scene = prepareScene({ controller: true })

  it('is not written to while nothing changes, however often it is looked at', async () => {
    await scene.create('quiet')
    await scene.untilReady('quiet')
    const before = await scene.get('quiet')
    const controller = scene.controllers[0]
    if (!controller) throw new Error('no controller runs')
    for (let look = 0; look < 50; look++) {
      const count = await reconciliations()
      await scene.kube.mergePatch(scene.places.cronJobs, 'quiet', {
        metadata: { labels: { look: String(look) } },
      })
      await until('it is looked at again', async () => (await reconciliations()) > count)
    }
    expect(await scene.get('quiet')).to.deep.equal(before)
  })

  it('takes a new schedule without being made anew', async () => {
    await scene.create('moved', { schedule: '0 3 * * *' })
    await scene.untilReady('moved')
    const asked = performance.now()
    await scene.change('moved', { schedule: '30 4 * * *', timeZone: 'Asia/Kolkata' })
    const moved = await scene.untilSchedule('moved', 'tells when it runs next', ({ status }) =>
      status.nextScheduleTimes?.[0]?.endsWith('T23:00:00Z'),
    )
    tellSince('a new schedule is in the status', asked)
    expect(moved.status.nextScheduleTimes).to.have.length(5)
    expect((await scene.cronJob('moved'))?.spec).to.include({
      schedule: '30 4 * * *',
      timeZone: 'Asia/Kolkata',
    })
  })

  it('is Ready soon after its Secret, or the key, appears, untouched itself', async () => {
    const source = { secretRef: { name: 'late', key: 'uri' } }
    const made = await scene.create('patient', { source })
    const becauseOf = (reason: string) =>
      scene.untilSchedule('patient', reason, schedule => condition(schedule, 'Ready')?.reason === reason)
    await becauseOf('SecretMissing')
    await scene.makeSecret('late', { url: 'postgres://somewhere/shop' })
    await becauseOf('KeyMissing')
    const asked = performance.now()
    await scene.kube.mergePatch(scene.places.secrets, 'late', { stringData: { uri: 'postgres://here/shop' } })
    const healed = await scene.untilReady('patient')
    tellSince('Ready after its key appeared', asked)
    expect(healed.metadata.generation).to.equal(made.metadata.generation)
    const reasons = (await scene.events('patient')).map(({ reason }) => reason)
    expect(reasons).to.include('SecretMissing')
  })

  it('undoes what others change of its CronJob, and leaves what they add', async () => {
    await scene.create('drifting')
    await scene.untilReady('drifting')
    await scene.kube.mergePatch(scene.places.cronJobs, 'drifting', {
      metadata: { labels: { team: 'web' } },
      spec: { schedule: '* * * * *', suspend: true },
    })
    const asked = performance.now()
    const restored = await until('the schedule is back', async () => {
      const cronJob = await scene.cronJob('drifting')
      return cronJob?.spec.schedule === rarely && cronJob.spec.suspend === false ? cronJob : null
    })
    tellSince('a drifted CronJob restored', asked)
    expect(restored.metadata.labels).to.include({ team: 'web' })
    const { metadata } = restored as Managed
    const writers = metadata.managedFields
      ?.filter(({ subresource, manager }) => subresource === undefined && manager !== 'a-user')
      .map(({ manager }) => manager)
    expect(writers).to.deep.equal(['vitrine-controller'])
  })

  it('makes its CronJob again when somebody deletes it', async () => {
    const before = await scene.cronJob('drifting')
    const asked = performance.now()
    await scene.kube.delete(scene.places.cronJobs, 'drifting')
    await until('a new CronJob', async () => {
      const now = await scene.cronJob('drifting')
      return now !== null && now.metadata.uid !== before?.metadata.uid
    })
    tellSince('a deleted CronJob made again', asked)
    await scene.untilReady('drifting')
  })

  it('leaves nothing for kubectl diff to find, and its spec is the user’s alone', async () => {
    const manifest = { ...etlScheduleManifest('from-git', { schedule: rarely, window: '30d' }) }
    const apply = () =>
      tryKubectl(['apply', '-n', scene.namespace, '--server-side', '-f', '-'], { input: manifest })
    expect((await apply()).stderr).to.equal('')
    await scene.untilReady('from-git')
    const diff = await tryKubectl(['diff', '-n', scene.namespace, '--server-side', '-f', '-'], {
      input: manifest,
    })
    expect(diff.stdout + diff.stderr).to.equal('')
    expect(diff.ok).to.equal(true)
    await apply()
    const { metadata } = (await scene.get('from-git')) as Managed
    expect(metadata.generation).to.equal(1)
    expect(
      metadata.managedFields
        ?.filter(({ manager }) => manager === 'vitrine-controller')
        .map(f => f.subresource),
    ).to.deep.equal(['status'])
  })

  it('is seen soon, by its observedGeneration and its CronJob', async () => {
    const [seen, made]: [number[], number[]] = [[], []]
    for (let n = 0; n < 50; n++) {
      const name = `swift-${n}`
      const asked = performance.now()
      await scene.create(name)
      await scene.untilSchedule(name, 'is seen', ({ status }) => status.observedGeneration === 1)
      seen.push(performance.now() - asked)
      await until('its CronJob', async () => scene.cronJob(name))
      made.push(performance.now() - asked)
    }
    const p99 = (times: number[]) => Math.round(times.toSorted((a, b) => a - b).at(-1) ?? 0)
    tell(`of 50, the slowest was seen after ${p99(seen)} ms, its CronJob made after ${p99(made)} ms`)
  })

  const reconciliations = async () => {
    const [controller] = scene.controllers
    if (!controller) throw new Error('no controller runs')
    const [after, plain] = ['requeue_after', 'success'].map(result => reconciled.replace('success', result))
    return (await metricOf(controller, after ?? '')) + (await metricOf(controller, plain ?? ''))
  }
})
