import { expect } from 'chai'
import { allowRefusedRunAnnotation, runRequestedAnnotation } from '#internal/etlschedule/resource/names.ts'
import { until } from '../system/processes.ts'
import { openDatabases } from './databases.ts'
import { kubectl } from './kubectl.ts'
import { tellSince } from './measured.ts'
import { condition, metricOf, newRequest, prepareScene } from './scene.ts'
import { hasScripts } from './scripts.ts'
import type { Databases } from './databases.ts'
import type { RunRecord } from '#internal/etlschedule/resource/status.ts'

describe('A run in a pod', function () {
  this.timeout(180_000)
  let databases: Databases

  before(async () => {
    if (hasScripts()) databases = await openDatabases()
  })
  after(async () => databases?.[Symbol.asyncDispose]())
  const scene = prepareScene({
    images: true,
    controller: true,
    command: ['node', 'cmd/etl/main.ts'],
    runEnv: () => ({ VITRINE_POSTGRES_URL: databases.fromCluster(databases.store) }),
    shopUrl: () => databases.fromCluster(databases.shop),
  })

  /** Asks for a run, and gives it once it has ended as `result`. */
  async function runOf(name: string, annotations: Record<string, string> = {}): Promise<RunRecord> {
    const request = newRequest()
    await scene.annotate(name, { [runRequestedAnnotation]: request, ...annotations })
    const handled = await scene.untilSchedule(
      name,
      'the run has ended',
      ({ status }) => status.lastHandledRunRequest === request && status.active?.length === 0,
      120_000,
    )
    const [run] = handled.status.recentRuns ?? []
    if (run === undefined) throw new Error('no run is known')
    return run
  }
  const eventOf = async (name: string, reason: string) =>
    until(
      `an Event ${reason}`,
      async () => (await scene.events(name)).find(event => event.reason === reason) ?? null,
    )
  const linesInStore = async () => {
    const [counted] = await databases.store.postgres.query<{ n: string }>(
      'SELECT count(*) AS n FROM productviews.order_views',
    )
    return Number(counted?.n)
  }

  it('reads the shop, writes the store, and its figures are in the status, an Event and the metrics', async () => {
    await scene.create('orders')
    await scene.untilReady('orders')
    const asked = performance.now()
    const run = await runOf('orders')
    tellSince('a run of a small shop is told of', asked)
    expect(run).to.include({ result: 'Succeeded', trigger: 'request' })
    const lines = await linesInStore()
    expect(lines).to.be.above(100).and.at.most(databases.orderItems)
    expect(run.rowsRead).to.be.at.least(lines)
    expect(run.rowsWritten).to.be.at.least(lines)
    expect(run.watermark).to.match(/^20\d\d-/)
    const { status } = await scene.get('orders')
    expect(status.lastRun).to.deep.equal(run)
    expect(status.lastSuccessfulTime).to.equal(run.endTime)
    const [controller] = scene.controllers
    if (!controller) throw new Error('no controller runs')
    const series = (name: string, more = '') => `${name}{schedule="orders",pipeline="orders"${more}}`
    expect(await metricOf(controller, series('vitrine_etl_last_run_rows_read'))).to.equal(run.rowsRead)
    expect(await metricOf(controller, series('vitrine_etl_last_run_rows_written'))).to.equal(run.rowsWritten)
    expect(await metricOf(controller, series('vitrine_etl_runs_total', ',result="Succeeded"'))).to.equal(1)
    expect((await eventOf('orders', 'RunSucceeded')).message).to.include(String(run.rowsRead))
    expect(condition(await scene.get('orders'), 'Healthy')?.status).to.equal('True')
  })

  it('appears as manual when somebody made its Job by hand', async () => {
    await kubectl(['create', 'job', '-n', scene.namespace, 'by-hand', '--from=cronjob/orders'])
    const { status } = await scene.untilSchedule('orders', 'the run by hand has ended', schedule =>
      schedule.status.recentRuns?.some(({ name, endTime }) => name === 'by-hand' && endTime !== undefined),
    )
    const run = status.recentRuns?.find(({ name }) => name === 'by-hand')
    expect(run).to.include({ trigger: 'manual', result: 'Succeeded' })
  })

  it('is Refused when the guard finds it suspicious, changes nothing, and is let through once on demand', async () => {
    const guard = { minRows: 1_000_000 }
    await scene.create('guarded', { guard })
    const before = await linesInStore()
    const refused = await runOf('guarded')
    expect(refused).to.include({ result: 'Refused' })
    expect(refused.message).to.include('1000000').and.match(/fewer/)
    expect(await linesInStore()).to.equal(before)
    expect(condition(await scene.get('guarded'), 'Healthy')?.status).to.equal('False')
    await eventOf('guarded', 'RunRefused')
    const override = newRequest()
    const through = await runOf('guarded', { [allowRefusedRunAnnotation]: override })
    expect(through).to.include({ result: 'Succeeded' })
    expect((await scene.get('guarded')).status.lastHandledGuardOverride).to.equal(override)
    expect(await runOf('guarded')).to.include({ result: 'Refused' })
  })

  const deaths: readonly { readonly name: string; readonly spec: object; readonly says: RegExp }[] = [
    {
      name: 'out-of-memory',
      spec: { resources: { limits: { memory: '24Mi' }, requests: { memory: '24Mi' } } },
      says: /memory.*24Mi/i,
    },
    {
      name: 'out-of-time',
      spec: {
        activeDeadlineSeconds: 8,
        source:
          sourceWith(`SELECT order_id AS orderid, product_id AS productid, 'c' AS categoryid, quantity, 'u' AS userid, now() AS messagetime
      FROM order_items, LATERAL (SELECT pg_sleep(60 + quantity)) AS waiting`),
      },
      says: /8 s|activeDeadlineSeconds/,
    },
    { name: 'a-bad-query', spec: { source: sourceWith('SELECT 1 AS orderid') }, says: /no column/ },
  ]
  for (const { name, spec, says } of deaths) {
    it(`says why it died: ${name.replaceAll('-', ' ')}`, async () => {
      await scene.create(name, { backoffLimit: 0, ...spec })
      const run = await runOf(name)
      expect(run).to.include({ result: 'Failed' })
      expect(run.message).to.match(says)
      expect(condition(await scene.get(name), 'Healthy')).to.include({ status: 'False' })
      expect((await eventOf(name, 'RunFailed')).message).to.match(says)
    })
  }

  it('says why it does not begin: its Secret is missing, and begins once that comes', async () => {
    await scene.create('secretless', { source: { secretRef: { name: 'coming', key: 'uri' } } })
    await scene.annotate('secretless', { [runRequestedAnnotation]: newRequest() })
    const waiting = await scene.untilSchedule('secretless', 'says what the run waits for', ({ status }) =>
      status.recentRuns?.[0]?.message?.includes('coming'),
    )
    expect(waiting.status.recentRuns?.[0]).to.include({ result: 'Running' })
    await scene.makeSecret('coming', { uri: databases.fromCluster(databases.shop) })
    await scene.untilSchedule('secretless', 'has run', ({ status }) => status.lastRun?.result === 'Succeeded')
  })
})

describe('A run whose image is not to be had', function () {
  this.timeout(120_000)
  const scene = prepareScene({ image: 'vitrine:never-built', controller: true })

  it('says so while it waits', async () => {
    await scene.create(
      'imageless',
      { activeDeadlineSeconds: 20 },
      { annotations: { [runRequestedAnnotation]: 'now' } },
    )
    const told = await scene.untilSchedule('imageless', 'says that the image is missing', ({ status }) =>
      status.recentRuns?.[0]?.message?.includes('vitrine:never-built'),
    )
    expect(told.status.recentRuns?.[0]).to.include({ result: 'Running' })
    const ended = await scene.untilSchedule(
      'imageless',
      'has ended',
      ({ status }) => status.active?.length === 0,
    )
    expect(ended.status.lastRun).to.include({ result: 'Failed' })
    expect(ended.status.lastRun?.message).to.include('vitrine:never-built')
  })
})

function sourceWith(query: string) {
  return { secretRef: { name: 'shop-database', key: 'uri' }, query }
}
