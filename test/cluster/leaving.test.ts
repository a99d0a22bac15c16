import { expect } from 'chai'
import { until } from '../system/processes.ts'
import { runRequestedAnnotation } from '#internal/etlschedule/resource/names.ts'
import { kubectl } from './kubectl.ts'
import { tellSince } from './measured.ts'
import { longRun, newRequest, prepareScene } from './scene.ts'

describe('What goes, and what stays', function () {
  this.timeout(120_000)
  const scene = prepareScene({ images: true, command: longRun })

  const nothingIsLeft = (name: string) =>
    until(`nothing of ${name} is left`, async () => {
      const left = [await scene.jobs(name), await scene.pods(name)].flat()
      return (await scene.cronJob(name)) === null && left.length === 0
    })

  async function makeWithRun(name: string): Promise<void> {
    await scene.create(name, {}, { annotations: { [runRequestedAnnotation]: newRequest() } })
    await scene.untilSchedule(name, 'runs', ({ status }) => status.active?.length === 1)
  }

  it('an EtlSchedule goes when it is deleted, with its CronJob, Jobs and pods', async () => {
    await scene.startController()
    await makeWithRun('short-lived')
    const asked = performance.now()
    await kubectl(['delete', '-n', scene.namespace, 'etl/short-lived', '--timeout=30s'])
    tellSince('deleted', asked)
    await nothingIsLeft('short-lived')
  })

  it('it goes as well with no controller there, also with its namespace', async () => {
    await makeWithRun('orphan')
    for (const controller of scene.controllers) await controller.stop()
    const asked = performance.now()
    await kubectl(['delete', '-n', scene.namespace, 'etl/orphan', '--timeout=30s'])
    tellSince('deleted', asked)
    await nothingIsLeft('orphan')
  })

  it('the CronJob stays when only the controller goes, and makes runs', async () => {
    await scene.startController()
    await scene.create('left-alone', { schedule: '* * * * *' })
    await scene.untilReady('left-alone')
    for (const controller of scene.controllers) await controller.stop()
    expect((await scene.cronJob('left-alone'))?.spec.suspend).to.equal(false)
    await until('the CronJob fires', async () => (await scene.jobs('left-alone')).length > 0, 100_000)
  })

  it('the runs of that time are told of by the next controller', async () => {
    const [job] = await scene.jobs('left-alone')
    await scene.startController()
    await scene.untilSchedule('left-alone', 'its run is known', ({ status }) =>
      status.recentRuns?.some(run => run.name === job?.metadata.name && run.trigger === 'schedule'),
    )
  })
})
