import { expect } from 'chai'
import { startScene } from './test-support.ts'
import type { Scene } from './test-support.ts'

describe('the controller of EtlSchedules', function () {
  this.timeout(60_000)
  let scene: Scene
  beforeEach(async () => {
    scene = await startScene()
  })
  afterEach(() => scene[Symbol.asyncDispose]())

  const settled = (name = 'orders', reason = 'True Reconciled') =>
    scene.until(() => scene.condition(name, 'Ready') === reason, `${name} is ${reason}`)
  /** Lists everything anew, after which all are looked at again. */
  const lookAgain = async () => {
    const before = scene.server.requests.length
    scene.server.cutWatches('politely')
    const relisted = () =>
      scene.server.requests.slice(before).filter(({ query }) => query.has('limit')).length >= 4
    await scene.until(relisted, 'all are listed anew')
  }

  it('makes a CronJob that belongs to the EtlSchedule, and says so at its first visit', async () => {
    scene.apply('orders', { schedule: '0 3 * * *' })
    await scene.startController()
    await settled()
    const { metadata, spec } = scene.cronJob('orders') ?? {}
    expect(spec?.schedule).to.equal('0 3 * * *')
    expect(metadata?.ownerReferences?.[0]).to.deep.include({ kind: 'EtlSchedule', name: 'orders' })
    const { observedGeneration, nextScheduleTimes, missedRuns, cronJobName } = scene.status('orders')
    expect({ observedGeneration, missedRuns, cronJobName }).to.deep.equal({
      observedGeneration: 1,
      missedRuns: 0,
      cronJobName: 'orders',
    })
    expect(nextScheduleTimes).to.have.length(5)
    expect(scene.condition('orders', 'Healthy')).to.equal('Unknown NoRunYet')
  })

  it('writes nothing in 50 visits without a change', async () => {
    scene.apply('orders')
    await scene.startController()
    await settled()
    const before = scene.writes().length
    const { resourceVersion } = scene.find('schedule', 'orders')?.metadata ?? {}
    for (let visits = 0; visits < 50; visits += 1) await lookAgain()
    expect(scene.writes().slice(before)).to.deep.equal([])
    expect(scene.find('schedule', 'orders')?.metadata.resourceVersion).to.equal(resourceVersion)
  })

  it('never writes what is the user’s: the spec, labels and annotations of the EtlSchedule', async () => {
    scene.apply('orders', {}, { 'vitrine.dev/run-requested-at': 'now' })
    await scene.startController()
    await scene.until(() => scene.status('orders').lastHandledRunRequest === 'now', 'it is handled')
    const { metadata } = scene.find('schedule', 'orders') ?? {}
    expect(metadata?.generation).to.equal(1)
    expect(scene.writes().filter(write => write.endsWith('etlschedules/orders'))).to.deep.equal([])
  })

  it('undoes what others change of the schedule, and keeps their labels', async () => {
    scene.apply('orders', { schedule: '0 3 * * *' })
    await scene.startController()
    await settled()
    scene.merge('cronJob', 'orders', {
      metadata: { labels: { team: 'shop' } },
      spec: { schedule: '* * * * *', suspend: true },
    })
    await scene.until(() => scene.cronJob('orders')?.spec.schedule === '0 3 * * *', 'the schedule is back')
    expect(scene.cronJob('orders')?.spec.suspend).to.equal(false)
    expect(scene.cronJob('orders')?.metadata.labels).to.include({ team: 'shop' })
  })

  it('makes a CronJob again that somebody deleted', async () => {
    scene.apply('orders')
    await scene.startController()
    await settled()
    scene.delete('cronJob', 'orders')
    await scene.until(() => scene.cronJob('orders'), 'it is there again')
  })

  it('takes a field away from the CronJob that the spec does not have any more', async () => {
    scene.apply('orders', { startingDeadlineSeconds: 60 })
    await scene.startController()
    await settled()
    expect(scene.cronJob('orders')?.spec.startingDeadlineSeconds).to.equal(60)
    scene.apply('orders', {})
    await scene.until(() => scene.status('orders').observedGeneration === 2, 'the change is seen')
    expect(scene.cronJob('orders')?.spec).not.to.have.property('startingDeadlineSeconds')
  })

  it('leaves a CronJob of somebody else alone, says so, and goes on once it is gone', async () => {
    const theirs = { schedule: '5 5 * * *', jobTemplate: { spec: {} } }
    scene.create('cronJob', { metadata: { name: 'orders' }, spec: theirs })
    scene.apply('orders')
    await scene.startController()
    await settled('orders', 'False NameTaken')
    expect(scene.condition('orders', 'Reconciling')).to.equal('True NameTaken')
    expect(scene.cronJob('orders')?.spec).to.deep.equal(theirs)
    scene.delete('cronJob', 'orders')
    await settled()
    expect(scene.condition('orders', 'Reconciling')).to.equal('')
    expect(scene.told()).to.deep.equal(['NameTaken', 'Reconciled'])
  })

  it('tells of a missing Secret and of a missing key, and goes on by itself once they are there', async () => {
    scene.delete('secret', 'shop-database')
    scene.apply('orders')
    await scene.startController()
    await settled('orders', 'False SecretMissing')
    expect(scene.cronJob('orders')).not.to.equal(undefined)
    scene.create('secret', { metadata: { name: 'shop-database' }, data: { other: '' } })
    await settled('orders', 'False KeyMissing')
    scene.merge('secret', 'shop-database', { data: { uri: '' } })
    await settled()
    await scene.until(() => scene.told().length === 3, 'all is told')
    expect(scene.told()).to.deep.equal(['SecretMissing', 'KeyMissing', 'Reconciled'])
  })

  it('asks for a Secret once, however many EtlSchedules read it', async () => {
    for (let count = 0; count < 30; count += 1) scene.apply(`orders-${count}`)
    await scene.startController()
    for (let count = 0; count < 30; count += 1) await settled(`orders-${count}`)
    expect(scene.server.requests.filter(({ path }) => path.includes('/secrets/'))).to.have.length(1)
  })

  it('goes on where it is not allowed to look at the Secret, and says that the run will tell', async () => {
    scene.server.fail('forbidden', { times: 100, matching: ({ path }) => path.includes('/secrets/') })
    scene.apply('orders')
    await scene.startController()
    await settled()
    const ready = scene.status('orders').conditions?.find(({ type }) => type === 'Ready')
    expect(ready?.message).to.include('not allowed to look at Secret shop-database; the run will tell')
  })

  it('tells what it has no right to do, and does it once it may', async () => {
    const matching = ({ path, method }: { path: string; method: string }) =>
      method === 'PATCH' && path.includes('/cronjobs/')
    scene.server.fail('forbidden', { times: 1, matching })
    scene.apply('orders')
    await scene.startController()
    await settled('orders', 'False NotAllowed')
    scene.apply('orders', { suspend: true })
    await settled('orders', 'True Suspended')
  })

  it('tells what is wrong with a spec that an older definition let in, and recovers with the spec', async () => {
    scene.apply('orders', { schedule: '61 * * * *' })
    scene.apply('products', { pipeline: 'products' })
    await scene.startController()
    await settled('orders', 'False SpecInvalid')
    await settled('products')
    expect(scene.condition('orders', 'Stalled')).to.equal('True SpecInvalid')
    const ready = scene.status('orders').conditions?.find(({ type }) => type === 'Ready')
    expect(ready?.message).to.include('spec.schedule')
    scene.apply('orders', { schedule: '1 * * * *' })
    await settled()
    expect(scene.condition('orders', 'Stalled')).to.equal('')
  })

  it('makes a status anew that can not be read', async () => {
    scene.apply('orders')
    scene.merge('schedule', 'orders', { status: { conditions: 'none', missedRuns: -5 } })
    await scene.startController()
    await settled()
    expect(scene.status('orders').missedRuns).to.equal(0)
  })

  it('leaves an EtlSchedule alone that is being deleted', async () => {
    scene.create('schedule', {
      ...scene.find('schedule', 'none'),
      metadata: { name: 'going', deletionTimestamp: '2026-01-01T00:00:00Z' },
    })
    scene.apply('orders')
    await scene.startController()
    await settled()
    expect(scene.cronJob('going')).to.equal(undefined)
  })

  it('shows each EtlSchedule in the metrics, and nothing of one that is gone', async () => {
    scene.apply('orders', { suspend: true })
    scene.apply('products', { pipeline: 'products' })
    await scene.startController()
    await settled('orders', 'True Suspended')
    await settled('products')
    const { body } = await scene.metrics.scrape()
    expect(body).to.include('vitrine_etl_suspended{schedule="orders",pipeline="orders"} 1')
    expect(body).to.include('vitrine_etl_suspended{schedule="products",pipeline="products"} 0')
    expect(body).not.to.include('vitrine_etl_next_run_timestamp_seconds{schedule="orders"')
    expect(body).to.match(
      /vitrine_etl_next_run_timestamp_seconds{schedule="products",pipeline="products"} \d+/,
    )
    scene.delete('schedule', 'orders')
    const lines = async () => (await scene.metrics.scrape()).body
    await scene.until(() => scene.find('schedule', 'orders') === undefined, 'it is gone')
    scene.apply('last')
    await settled('last')
    expect(await lines()).not.to.include('schedule="orders"')
  })
})
