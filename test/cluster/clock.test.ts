import { expect } from 'chai'
import { until } from '../system/processes.ts'
import { prepareScene } from './scene.ts'
import type { Job } from '#internal/etlschedule/objects/kubernetes.ts'

const minutes = process.env['VITRINE_SOAK'] === '1' ? 20 : 2

/** Written by Kubernetes on each Job of a CronJob. */
const dueAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp'

const schedules = {
  'each-minute': { schedule: '* * * * *' },
  'each-minute-far-away': { schedule: '*/1 * * * *', timeZone: 'Asia/Kathmandu' },
  'every-60-seconds': { schedule: '@every 60s' },
  'odd-minutes': { schedule: '1-59/2 * * * *', timeZone: 'America/St_Johns' },
}

describe('What an EtlSchedule says of its next runs', function () {
  this.timeout(60_000 * (minutes + 4))
  const scene = prepareScene({ images: true, controller: true })

  it('is when Kubernetes starts them', async () => {
    const names = Object.keys(schedules)
    await Promise.all(
      Object.entries(schedules).map(async ([name, spec]) =>
        scene.create(name, { ...spec, successfulRunsHistoryLimit: 100 }),
      ),
    )
    await Promise.all(names.map(name => scene.untilReady(name)))
    const said = new Map(names.map(name => [name, new Set<string>()]))
    const told = async (name: string) => {
      for (const time of (await scene.get(name)).status.nextScheduleTimes ?? []) said.get(name)?.add(time)
    }
    await until(
      `${minutes} runs of what is due each minute, and one at least of the rest`,
      async () => {
        await Promise.all(names.map(told))
        const counts = await Promise.all(names.map(async name => (await scene.jobs(name)).length))
        return Math.max(...counts) >= minutes && Math.min(...counts) >= 1
      },
      60_000 * (minutes + 2),
    )
    for (const name of names) {
      const due = (await scene.jobs(name)).map(dueTime)
      expect([...(said.get(name) ?? [])], name).to.include.members(due)
      const { status } = await scene.untilSchedule(name, 'its runs are known', schedule =>
        schedule.status.recentRuns?.some(({ scheduledTime }) => scheduledTime === due.toSorted().at(-1)),
      )
      expect(status.lastScheduleTime, name).to.equal(due.toSorted().at(-1))
      expect(status.lastMissedTimes, `${name}, of which ${due.join(', ')} were due`).to.deep.equal([])
      expect(status.missedRuns, name).to.equal(0)
      for (const run of status.recentRuns ?? []) expect(run.trigger, name).to.equal('schedule')
    }
  })
})

function dueTime({ metadata }: Job): string {
  const time = metadata.annotations?.[dueAnnotation] ?? ''
  return new Date(time).toISOString().replace('.000Z', 'Z')
}
