import { expect } from 'chai'
import { until } from '../../system/processes.ts'
import { condition, metricOf, prepareScene } from '../scene.ts'
import { script } from '../scripts.ts'
import type { Job } from '#internal/etlschedule/objects/kubernetes.ts'

const missed = process.env['VITRINE_SOAK'] === '1' ? 5 : 2
const minuteMs = 60_000

const dueOf = ({ metadata }: Job) =>
  Date.parse(metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp'] ?? '')

describe('Runs that do not start at their time, since Kubernetes’ own controllers stand still', function () {
  this.timeout((missed + 6) * minuteMs)
  const scene = prepareScene({ images: true, scripts: true, controller: true })

  it('are told as Overdue, counted once and named, and made up for by one run at most', async () => {
    await scene.create('each-minute', { schedule: '* * * * *', successfulRunsHistoryLimit: 20 })
    await until('a first run', async () => (await scene.jobs('each-minute')).length > 0, 2 * minuteMs)
    const before = Math.max(...(await scene.jobs('each-minute')).map(dueOf))
    const resumes = before + (missed + 1) * minuteMs + 8_000
    const frozen = script('pause', [
      'kube-controller-manager',
      String(Math.ceil((resumes - Date.now()) / 1_000)),
    ])
    const overdue = await scene.untilSchedule(
      'each-minute',
      'is Overdue',
      schedule => condition(schedule, 'Overdue')?.status === 'True',
      4 * minuteMs,
    )
    expect(condition(overdue, 'Ready')?.status).to.equal('True')
    const [controller] = scene.controllers
    if (!controller) throw new Error('no controller runs')
    const series = (name: string) => `${name}{schedule="each-minute",pipeline="orders"}`
    expect(await metricOf(controller, series('vitrine_etl_overdue'))).to.equal(1)
    await frozen
    const recovered = await scene.untilSchedule(
      'each-minute',
      'is on time again',
      schedule =>
        condition(schedule, 'Overdue')?.status === 'False' &&
        Date.parse(schedule.status.lastScheduleTime ?? '') > before,
      2 * minuteMs,
    )
    expect(recovered.status.missedRuns).to.equal(missed)
    const named = Array.from({ length: missed }, (_, n) => before + (missed - n) * minuteMs)
    expect(recovered.status.lastMissedTimes?.map(time => Date.parse(time))).to.deep.equal(named)
    const madeUpFor = (await scene.jobs('each-minute'))
      .map(dueOf)
      .filter(due => due > before && due < resumes)
    expect(madeUpFor).to.have.length.at.most(1)
    expect(await metricOf(controller, series('vitrine_etl_missed_runs_total'))).to.equal(missed)
    const reasons = (await scene.events('each-minute')).map(({ reason }) => reason)
    expect(reasons).to.include.members(['Overdue', 'MissedRun', 'Recovered'])
  })

  it('are not counted again by another controller', async () => {
    await scene.killControllers()
    await scene.startController()
    await scene.change('each-minute', { window: '30d' })
    const { status } = await scene.untilReady('each-minute')
    expect(status.missedRuns).to.equal(missed)
  })
})
