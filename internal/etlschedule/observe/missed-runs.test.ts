import { expect } from 'chai'
import { etlScheduleManifest } from '../../../test/etlschedule-samples.ts'
import { parseEtlSchedule } from '../resource/etl-schedule.ts'
import { toTime } from '../run-report.ts'
import { observeMissed } from './missed-runs.ts'
import { complete, jobOf } from './test-support.ts'
import type { CronJob, Job } from '../objects/kubernetes.ts'
import type { MissedSightings } from './missed-runs.ts'

const t0 = Date.parse('2026-11-01T10:00:00Z')
const at = (minutes: number) => t0 + minutes * 60_000
const timeAt = (minutes: number) => toTime(at(minutes))

const cronJob: CronJob = {
  metadata: { name: 'orders', creationTimestamp: timeAt(0) },
  spec: { schedule: '* * * * *', jobTemplate: { spec: jobOf('x').spec } },
}

function scheduleOf(spec = {}, status = {}) {
  const manifest = etlScheduleManifest('orders', { schedule: '* * * * *', ...spec })
  return parseEtlSchedule({
    ...manifest,
    metadata: { name: 'orders', generation: 2 },
    status: { observedGeneration: 2, missedCountedUntil: timeAt(0), ...status },
  })
}

const look = (sightings: Partial<MissedSightings>) =>
  observeMissed({ schedule: scheduleOf(), jobs: [], cronJob, recentRuns: [], now: at(0), ...sightings })

/** A Job that the schedule started two seconds after it was due. */
const started = (minutes: number, status: Job['status'] = complete) =>
  jobOf(`orders-${minutes}`, status, {
    creationTimestamp: toTime(at(minutes) + 2_000),
    annotations: { 'batch.kubernetes.io/cronjob-scheduled-timestamp': timeAt(minutes) },
    ownerReferences: [
      { apiVersion: 'batch/v1', kind: 'CronJob', name: 'orders', uid: 'c', controller: true },
    ],
  })

describe('missed runs in the status', () => {
  it('add up, are named newest first, and keep the newest five', () => {
    const schedule = scheduleOf(
      {},
      { missedRuns: 7, lastMissedTimes: [timeAt(-3), timeAt(-4)], missedCountedUntil: timeAt(-1) },
    )
    expect(look({ schedule, jobs: [started(0)], now: at(5) })).to.deep.equal({
      status: {
        missedRuns: 11,
        lastMissedTimes: [4, 3, 2, 1, -3].map(timeAt),
        missedCountedUntil: timeAt(4),
      },
      found: 4,
      foundTimes: [4, 3, 2, 1].map(timeAt),
      overdueSince: timeAt(4),
    })
  })

  it('are counted once: a second look with the new status finds none', () => {
    const once = look({ now: at(5) })
    const again = look({ schedule: scheduleOf({}, once.status), now: at(5) })
    expect(again).to.deep.equal({ ...once, found: 0, foundTimes: [] })
  })

  it('begin anew with a changed spec, so that neither another schedule nor a suspension makes up missed runs', () => {
    const schedule = scheduleOf({}, { observedGeneration: 1, missedRuns: 3 })
    expect(look({ schedule, now: at(60) })).to.deep.equal({
      status: { missedRuns: 3, lastMissedTimes: [], missedCountedUntil: timeAt(60) },
      found: 0,
      foundTimes: [],
      overdueSince: null,
    })
  })

  it('begin with the making of the CronJob, where that comes after the clock was read', () => {
    const first = scheduleOf({}, { observedGeneration: 1 })
    const { status } = look({ schedule: first, now: at(0) - 300 })
    expect(status.missedCountedUntil, 'made at 10:00, which is not due any more').to.equal(timeAt(0))
  })

  it('are not made up by a new CronJob, whose ticks of @every begin with its making', () => {
    const schedule = scheduleOf({ schedule: '@every 1m' }, { missedCountedUntil: timeAt(-1) })
    const made = { ...cronJob, metadata: { ...cronJob.metadata, creationTimestamp: timeAt(0.5) } }
    expect(look({ schedule, cronJob: made, now: at(2.4) })).to.deep.include({ found: 0, overdueSince: null })
    expect(look({ schedule, cronJob: made, now: at(2.6) }).foundTimes).to.deep.equal([timeAt(1.5)])
  })

  it('are none while suspended, and the status stays as it is', () => {
    const missed = look({ schedule: scheduleOf({ suspend: true }), now: at(600) })
    expect(missed).to.deep.include({ found: 0, overdueSince: null })
    expect(missed.status.missedCountedUntil).to.equal(timeAt(0))
  })

  it('are not those whose Jobs have been cleared away, as far as the limits of the CronJob tell', () => {
    const jobs = [started(8), started(9), started(10)]
    expect(look({ jobs, now: at(10) + 5_000 }).found, 'as many as are kept').to.equal(0)
    const schedule = scheduleOf({ successfulRunsHistoryLimit: 4 })
    expect(look({ schedule, jobs, now: at(10) + 5_000 }).found, 'fewer than are kept').to.equal(7)
    const byHand = jobOf('by-hand', complete, {
      ...started(9).metadata,
      annotations: { 'cronjob.kubernetes.io/instantiate': 'manual' },
    })
    expect(
      look({ schedule, jobs: [...jobs, byHand], now: at(10) + 5_000 }).found,
      'those made by hand are kept in their place',
    ).to.equal(0)
    const none = scheduleOf({ successfulRunsHistoryLimit: 0 })
    expect(look({ schedule: none, now: at(5) }).found, 'none are kept, and none was started').to.equal(4)
  })

  it('are not those of which only the status or the CronJob still tells', () => {
    const { name, ...run } = { name: 'orders-1', trigger: 'schedule', result: 'Succeeded' } as const
    const recentRuns = [{ name, ...run, scheduledTime: timeAt(1), startTime: timeAt(1) }]
    const last = { ...cronJob, status: { lastScheduleTime: timeAt(3) } }
    expect(look({ recentRuns, cronJob: last, now: at(4) }).foundTimes).to.deep.equal([timeAt(2)])
  })
})
