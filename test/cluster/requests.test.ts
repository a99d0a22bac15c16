import { expect } from 'chai'
import { setTimeout as sleep } from 'node:timers/promises'
import { runRequestedAnnotation, triggerAnnotation } from '#internal/etlschedule/resource/names.ts'
import { until } from '../system/processes.ts'
import { newRequest, prepareScene } from './scene.ts'

const kills = 20

describe('A run on request', function () {
  this.timeout(400_000)
  const scene = prepareScene({ images: true })

  it('starts once for each request, though the controller is killed at every moment of its work, also while suspended', async () => {
    await scene.startController()
    await scene.create('asked', { suspend: true })
    await scene.untilReady('asked')
    for (let kill = 0; kill < kills; kill++) {
      const request = newRequest()
      await scene.annotate('asked', { [runRequestedAnnotation]: request })
      await sleep(kill * 15)
      await scene.killControllers()
      await scene.startController()
      await scene.untilSchedule(
        'asked',
        `request ${kill + 1} is answered`,
        ({ status }) => status.lastHandledRunRequest === request,
      )
    }
    const jobs = await scene.jobs('asked')
    expect(jobs).to.have.length(kills)
    for (const { metadata } of jobs) expect(metadata.annotations?.[triggerAnnotation]).to.equal('request')
    const { status } = await scene.untilSchedule(
      'asked',
      'all have ended',
      schedule => schedule.status.active?.length === 0 && schedule.status.recentRuns?.length === 10,
    )
    for (const run of status.recentRuns ?? []) {
      expect(run).to.include({ trigger: 'request', result: 'Succeeded' })
    }
    const pods = await scene.pods('asked')
    expect(pods).to.have.length(kills)
  })

  it('does not start again for a request that was answered, after a change of the spec or a new controller', async () => {
    const before = await scene.jobs('asked')
    await scene.change('asked', { window: '30d' })
    await scene.untilReady('asked')
    await scene.killControllers()
    await scene.startController()
    await scene.change('asked', { window: '31d' })
    await scene.untilReady('asked')
    expect(await scene.jobs('asked')).to.have.length(before.length)
  })

  it('starts for each of several EtlSchedules that are asked at once', async () => {
    const names = Array.from({ length: 8 }, (_, n) => `crowd-${n}`)
    await Promise.all(
      names.map(name => scene.create(name, {}, { annotations: { [runRequestedAnnotation]: newRequest() } })),
    )
    await until('a Job each', async () => {
      const counts = await Promise.all(names.map(async name => (await scene.jobs(name)).length))
      return counts.every(count => count === 1)
    })
    for (const name of names) {
      await scene.untilSchedule(name, 'has run', ({ status }) => status.lastRun?.result === 'Succeeded')
      expect(await scene.jobs(name)).to.have.length(1)
    }
  })
})
