import { expect } from 'chai'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeRunReport, toTime } from '../run-report.ts'
import { startScene } from './test-support.ts'
import type { EtlScheduleStatus } from '../resource/status.ts'
import type { RunReport } from '../run-report.ts'
import type { Scene } from './test-support.ts'

const run = 'vitrine.dev/run-requested-at'
const pass = 'vitrine.dev/allow-refused-run'
const minuteMs = 60_000

describe('the runs of an EtlSchedule, as its controller sees them', function () {
  this.timeout(60_000)
  let scene: Scene
  beforeEach(async () => {
    scene = await startScene()
    scene.time = Date.parse('2026-11-01T10:00:30Z')
  })
  afterEach(() => scene[Symbol.asyncDispose]())

  const handled = (request: string) =>
    scene.until(() => scene.status('orders').lastHandledRunRequest === request, `${request} is handled`)
  const ready = () => scene.until(() => scene.condition('orders', 'Ready').startsWith('True'), 'it is ready')
  const touch = (value: string) => scene.apply('orders', specOf(), { touched: value })
  const specOf = () => scene.find('schedule', 'orders')?.['spec'] as object
  const templateOf = () => JSON.stringify(scene.cronJob('orders')?.spec.jobTemplate)

  /** As the Job controller and the kubelet tell it. */
  function end(job: string, report: Partial<RunReport> = {}): void {
    const result = report.result ?? 'Succeeded'
    const time = toTime(scene.time)
    const message = encodeRunReport({
      result,
      startTime: time,
      endTime: time,
      seconds: 1,
      rowsRead: 0,
      rowsWritten: 0,
      rowsDeleted: 0,
      ...report,
    })
    const { metadata } = scene.find('job', job) ?? {}
    const terminated = { exitCode: result === 'Succeeded' ? 0 : 2, message, finishedAt: time }
    scene.create('pod', {
      metadata: {
        name: `${job}-pod`,
        labels: metadata?.labels,
        ownerReferences: [{ kind: 'Job', name: job, uid: metadata?.uid }],
      },
      spec: { containers: [{ name: 'etl', image: 'vitrine:test' }] },
    })
    scene.setStatus('pod', `${job}-pod`, {
      phase: result === 'Succeeded' ? 'Succeeded' : 'Failed',
      containerStatuses: [{ name: 'etl', state: { terminated } }],
    })
    const type = result === 'Succeeded' ? 'Complete' : 'Failed'
    scene.setStatus('job', job, {
      conditions: [{ type, status: 'True', reason: 'PodFailurePolicy', lastTransitionTime: time }],
    })
  }

  it('start once for each new value of the request, also while suspended', async () => {
    scene.apply('orders', { suspend: true }, { [run]: 'first' })
    await scene.startController()
    await handled('first')
    touch('once more')
    scene.apply('orders', specOf(), { [run]: 'first' })
    scene.apply('orders', specOf(), { [run]: 'second' })
    await handled('second')
    expect(scene.jobsMade()).to.have.length(2)
    const [job] = scene.jobs()
    expect(job?.metadata.annotations).to.include({ 'vitrine.dev/trigger': 'request' })
    expect(job?.metadata.ownerReferences?.[0]).to.include({ kind: 'EtlSchedule', name: 'orders' })
    // As its controller it would be taken for the CronJob's, which bears the same name.
    expect(job?.metadata.ownerReferences?.[0]).not.to.have.property('controller')
    await scene.until(() => scene.status('orders').recentRuns?.length === 2, 'both are shown')
    expect(scene.status('orders').recentRuns?.[0]).to.include({ trigger: 'request', result: 'Running' })
  })

  it('are under way in the very status that says that the request was handled', async () => {
    const active: (readonly string[] | undefined)[] = []
    scene.server.cluster.listen(({ now }) => {
      const status = now?.['status'] as Partial<EtlScheduleStatus> | undefined
      if (status?.lastHandledRunRequest === 'now') active.push(status.active)
    })
    scene.apply('orders', {}, { [run]: 'now' })
    await scene.startController()
    await handled('now')
    expect(active[0]).to.deep.equal(scene.jobsMade())
  })

  it('tell rows, watermark and message in the status, in an Event and in the metrics', async () => {
    scene.apply('orders', { suspend: true }, { [run]: 'now' })
    await scene.startController()
    await handled('now')
    const job = scene.jobsMade()[0] as string
    end(job, { rowsRead: 1_234, rowsWritten: 56, rowsDeleted: 7, watermark: '2026-11-01T10:00:00Z' })
    await scene.until(() => scene.condition('orders', 'Healthy') === 'True RunSucceeded', 'it was good')
    const { lastRun, active, lastSuccessfulTime } = scene.status('orders')
    expect(lastRun).to.include({ name: job, result: 'Succeeded', rowsRead: 1_234, rowsWritten: 56 })
    expect(lastRun).to.include({ rowsDeleted: 7, watermark: '2026-11-01T10:00:00Z' })
    expect(active).to.deep.equal([])
    expect(lastSuccessfulTime).to.equal(toTime(scene.time))
    await scene.until(() => scene.told().includes('RunSucceeded'), 'it is told')
    const event = scene.list('event').find(one => one['reason'] === 'RunSucceeded')
    expect(event?.['message']).to.equal(`Run ${job}: 1234 rows read, 56 written, 7 deleted`)
    const { body } = await scene.metrics.scrape()
    expect(body).to.include('vitrine_etl_last_run_rows_read{schedule="orders",pipeline="orders"} 1234')
    expect(body).to.include(
      'vitrine_etl_runs_total{schedule="orders",pipeline="orders",result="Succeeded"} 1',
    )
  })

  it('are told once, also by the controller that comes after', async () => {
    scene.apply('orders', {}, { [run]: 'now' })
    const first = await scene.startController()
    await handled('now')
    end(scene.jobsMade()[0] as string, { result: 'Refused', message: 'only 3 rows' })
    await scene.until(() => scene.told().includes('RunRefused'), 'it is told')
    await first[Symbol.asyncDispose]()
    const before = scene.writes().length
    await scene.startController()
    touch('after')
    scene.apply('orders', specOf(), { [run]: 'again' })
    await handled('again')
    expect(scene.told().filter(reason => reason === 'RunRefused')).to.have.length(1)
    expect(scene.condition('orders', 'Healthy')).to.equal('False RunRefused')
    expect(scene.writes().slice(before)).to.include('POST shop/jobs')
  })

  it('are told once, also while a watch is behind by two statuses', async () => {
    let allowed = Infinity
    async function* held<T>(events: AsyncGenerator<T>): AsyncGenerator<T> {
      for await (const event of events) {
        while (allowed <= 0) await sleep(5)
        allowed -= 1
        yield event
      }
    }
    scene.apply('orders', { suspend: true })
    await scene.startController(client => ({
      ...client,
      watch: (place, options) => {
        const events = client.watch<never>(place, options)
        return place.plural === 'etlschedules' ? held(events) : events
      },
    }))
    await ready()
    const byHand = (name: string) =>
      scene.create('job', { ...scene.cronJob('orders')?.spec.jobTemplate, metadata: { name, labels } })
    const labels = scene.cronJob('orders')?.spec.jobTemplate.metadata?.labels
    allowed = 0
    byHand('first')
    await scene.until(() => scene.status('orders').active?.includes('first'), 'it is under way')
    end('first')
    await scene.until(() => scene.told().includes('RunSucceeded'), 'it is told')
    allowed = 1
    await scene.until(() => allowed === 0, 'the watch tells of the status before')
    byHand('second')
    await scene.until(() => scene.status('orders').active?.includes('second'), 'the next is under way')
    allowed = Infinity
    const counted = 'vitrine_etl_runs_total{schedule="orders",pipeline="orders",result="Succeeded"} 1\n'
    expect((await scene.metrics.scrape()).body).to.include(counted)
  })

  it('do not count as deleted while a watch has not told of their Jobs', async () => {
    scene.apply('orders', {}, { [run]: 'now' })
    const first = await scene.startController()
    await handled('now')
    await scene.until(() => scene.status('orders').active?.length === 1, 'it is under way')
    await first[Symbol.asyncDispose]()
    await scene.startController(client => ({
      ...client,
      async list(place, options) {
        const listed = await client.list(place, options)
        return place.plural === 'jobs' ? { ...listed, items: [] } : listed
      },
    }))
    scene.apply('orders', { suspend: true })
    await scene.until(() => scene.condition('orders', 'Ready') === 'True Suspended', 'it was visited')
    expect(scene.status('orders').recentRuns?.[0]?.result).to.equal('Running')
    expect(scene.told()).not.to.include('RunFailed')
  })

  it('pass the guard once when that is asked for together with a run', async () => {
    scene.apply('orders', {}, { [run]: 'now', [pass]: 'checked' })
    await scene.startController()
    await handled('now')
    expect(scene.status('orders').lastHandledGuardOverride).to.equal('checked')
    scene.apply('orders', specOf(), { [run]: 'later' })
    await handled('later')
    const overrides = scene.jobs().map(job => JSON.stringify(job).includes('VITRINE_GUARD_OVERRIDE'))
    expect(overrides).to.have.members([true, false])
    expect(templateOf()).not.to.include('VITRINE_GUARD_OVERRIDE')
  })

  it('pass the guard once with the next one that the schedule starts', async () => {
    scene.apply('orders', {}, { [pass]: 'checked' })
    await scene.startController()
    await scene.until(() => templateOf()?.includes('VITRINE_GUARD_OVERRIDE'), 'the next run may pass')
    expect(scene.status('orders').lastHandledGuardOverride).to.equal(undefined)
    const { jobTemplate } = scene.cronJob('orders')?.spec ?? {}
    scene.create('job', { metadata: { name: 'orders-1', ...jobTemplate?.metadata }, spec: jobTemplate?.spec })
    await scene.until(() => !templateOf()?.includes('VITRINE_GUARD_OVERRIDE'), 'later ones may not')
    await scene.until(
      () => scene.status('orders').lastHandledGuardOverride === 'checked',
      'the status says so',
    )
  })

  it('count as missed when they did not start at their time, once, whatever restarts', async () => {
    scene.apply('orders', { schedule: '* * * * *' })
    const first = await scene.startController()
    await ready()
    scene.time += 6 * minuteMs
    touch('later')
    await scene.until(() => scene.status('orders').missedRuns === 5, 'five were missed')
    expect(scene.condition('orders', 'Overdue')).to.equal('True RunMissed')
    expect(scene.status('orders').lastMissedTimes?.[0]).to.equal('2026-11-01T10:05:00Z')
    await scene.until(() => scene.told().includes('Overdue'), 'it is told')
    expect(scene.told()).to.deep.equal(['Reconciled', 'MissedRun', 'Overdue'])
    const shown = 'vitrine_etl_missed_runs_total{schedule="orders",pipeline="orders"} 5'
    expect((await scene.metrics.scrape()).body).to.include(shown)
    await first[Symbol.asyncDispose]()
    await scene.startController()
    scene.apply('orders', specOf(), { [run]: 'now' })
    await handled('now')
    expect(scene.status('orders').missedRuns).to.equal(5)
  })

  it('are not due at a time that passes while the CronJob is being made', async () => {
    scene.time = Date.parse('2026-11-01T10:00:59.800Z')
    scene.apply('orders', { schedule: '* * * * *' })
    await scene.startController(client => ({
      ...client,
      apply: (...request) => {
        scene.time = Date.parse('2026-11-01T10:01:00.100Z')
        return client.apply(...request)
      },
    }))
    await ready()
    scene.time = Date.parse('2026-11-01T10:02:30Z')
    scene.apply('orders', specOf(), { [run]: 'now' })
    await handled('now')
    expect(scene.status('orders').missedRuns).to.equal(0)
    expect(scene.told()).not.to.include('MissedRun')
  })

  it('are not due while suspended', async () => {
    scene.apply('orders', { schedule: '* * * * *', suspend: true })
    await scene.startController()
    await ready()
    expect(scene.status('orders').nextScheduleTimes).to.deep.equal([])
    scene.time += 60 * minuteMs
    scene.apply('orders', { schedule: '* * * * *', suspend: false })
    await scene.until(() => scene.status('orders').observedGeneration === 2, 'it is resumed')
    scene.time += 30_000
    scene.apply('orders', specOf(), { [run]: 'now' })
    await handled('now')
    expect(scene.status('orders').missedRuns).to.equal(0)
    expect(scene.status('orders').nextScheduleTimes?.[0]).to.equal('2026-11-01T11:02:00Z')
  })

  it('have new times within the visit that follows a change of the schedule', async () => {
    scene.apply('orders', { schedule: '0 3 * * *' })
    await scene.startController()
    await ready()
    expect(scene.status('orders').nextScheduleTimes?.[0]).to.equal('2026-11-02T03:00:00Z')
    scene.apply('orders', { schedule: '0 5 * * *' })
    await scene.until(() => scene.status('orders').observedGeneration === 2, 'the change is seen')
    expect(scene.status('orders').nextScheduleTimes?.[0]).to.equal('2026-11-02T05:00:00Z')
    expect(scene.cronJob('orders')?.spec.schedule).to.equal('0 5 * * *')
  })
})
