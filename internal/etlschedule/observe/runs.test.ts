import { expect } from 'chai'
import fc from 'fast-check'
import { etlScheduleStatus } from '../resource/status.ts'
import { observeRuns } from './runs.ts'
import {
  complete,
  endedPod,
  failedBy,
  jobOf,
  outOfTime,
  outOfTries,
  podOf,
  reportOf,
  reportingPod,
} from './test-support.ts'
import type { CronJob, Job, Pod } from '../objects/kubernetes.ts'
import type { EtlScheduleStatus, RunRecord } from '../resource/status.ts'

const now = Date.parse('2026-11-01T10:05:00Z')
const untouched = etlScheduleStatus.parse({})

interface Look {
  readonly jobs?: readonly Job[]
  readonly pods?: readonly Pod[]
  readonly cronJob?: CronJob | null
  readonly status?: EtlScheduleStatus
  readonly at?: number
}

/** The status after a look. */
function look({
  jobs = [],
  pods = [],
  cronJob = null,
  status = untouched,
  at = now,
}: Look): EtlScheduleStatus {
  return { ...status, ...observeRuns({ jobs, pods, cronJob, status, now: at }) }
}
const first = (status: EtlScheduleStatus) => status.recentRuns[0] as RunRecord

const ofCronJob = {
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  name: 'orders',
  uid: 'c',
  controller: true,
}
const scheduled = {
  annotations: { 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-11-01T11:00:00+01:00' },
  ownerReferences: [ofCronJob],
}
const good = jobOf('orders-1', complete)
const running = jobOf('orders-1', { active: 1 })

describe('the runs of an EtlSchedule', () => {
  it('are told with the figures of their report', () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const report = reportOf({ message: 'no orders without items', traceId })
    expect(look({ jobs: [good], pods: [reportingPod(good, report, 0)] })).to.deep.include({
      active: [],
      recentRuns: [
        {
          name: 'orders-1',
          trigger: 'request',
          result: 'Succeeded',
          startTime: '2026-11-01T10:00:00Z',
          endTime: '2026-11-01T10:00:10Z',
          rowsRead: 30,
          rowsWritten: 20,
          rowsDeleted: 1,
          watermark: '2026-11-01T09:59:00Z',
          message: 'no orders without items',
          traceId,
        },
      ],
      lastSuccessfulTime: '2026-11-01T10:00:10Z',
    })
  })

  it('tell who started them: the schedule, with when it was due in UTC; a request; or kubectl, whatever it copied', () => {
    const byHand = { 'cronjob.kubernetes.io/instantiate': 'manual' }
    const jobs = [
      jobOf('d', {}, scheduled),
      jobOf('c', {}),
      jobOf('b', {}, { annotations: byHand, ownerReferences: [ofCronJob] }),
      jobOf('a', {}, { annotations: {} }),
    ]
    const { recentRuns, lastScheduleTime } = look({ jobs })
    expect(
      recentRuns.map(({ name, trigger, scheduledTime }) => [name, trigger, scheduledTime]),
    ).to.deep.equal([
      ['d', 'schedule', '2026-11-01T10:00:00Z'],
      ['c', 'request', undefined],
      ['b', 'manual', undefined],
      ['a', 'manual', undefined],
    ])
    expect(lastScheduleTime).to.equal('2026-11-01T10:00:00Z')
  })

  it('are Skipped or Refused where their report says so', () => {
    const skipped = reportOf({ result: 'Skipped', message: 'another run is under way' })
    const status = look({ jobs: [good], pods: [reportingPod(good, skipped, 0)] })
    expect(first(status)).to.include({ result: 'Skipped', message: 'another run is under way' })
    expect(status.lastSuccessfulTime).to.equal(undefined)

    const job = jobOf('orders-1', failedBy('PodFailurePolicy'))
    const refused = reportOf({ result: 'Refused', message: 'too few rows', rowsWritten: 0 })
    expect(first(look({ jobs: [job], pods: [reportingPod(job, refused, 2)] }))).to.include({
      result: 'Refused',
      message: 'too few rows',
      rowsRead: 30,
    })
  })

  it('are Failed when the process died after a good report', () => {
    const job = jobOf('orders-1', outOfTries)
    expect(first(look({ jobs: [job], pods: [reportingPod(job, reportOf(), 134)] }))).to.include({
      result: 'Failed',
    })
  })

  it('keep the report of an earlier try, beside why the last one died', () => {
    const job = jobOf('orders-1', outOfTries)
    const earlier = reportingPod(job, reportOf({ result: 'Failed', message: 'the shop is away' }), 1)
    const last = endedPod(
      job,
      { exitCode: 137, reason: 'OOMKilled' },
      { memory: '64Mi', created: '2026-11-01T10:00:30Z' },
    )
    for (const pods of [
      [earlier, last],
      [last, earlier],
    ]) {
      const run = first(look({ jobs: [job], pods }))
      expect(run).to.include({ result: 'Failed', rowsRead: 30 })
      expect(run.message).to.match(/^it needed more memory.*the shop is away$/)
    }
  })

  it('are told while they go on: why they cannot start, and how many tries failed', () => {
    const job = jobOf('orders-1', { active: 1, failed: 1 })
    const fallen = reportingPod(job, reportOf({ result: 'Failed', message: 'the shop is away' }), 1)
    const stuck = podOf(job, {
      created: '2026-11-01T10:00:30Z',
      status: { phase: 'Pending' },
      state: { waiting: { reason: 'InvalidImageName' } },
    })
    const status = look({ jobs: [job], pods: [fallen, stuck] })
    expect(status.active).to.deep.equal(['orders-1'])
    expect(first(status).result).to.equal('Running')
    expect(first(status).message).to.match(
      /^it can't start: .*; 1 of 3 tries failed; the last: the shop is away$/,
    )
    expect(first(look({ jobs: [running], at: Date.parse('2026-11-01T10:00:05Z') }))).not.to.have.property(
      'message',
    )
  })

  it('say where to look when Kubernetes gives them no pod', () => {
    expect(first(look({ jobs: [running] })).message).to.include('kubectl describe job orders-1')
    const suspended = jobOf('orders-1', { conditions: [{ type: 'Suspended', status: 'True' }] })
    expect(first(look({ jobs: [suspended] })).message).to.include('suspended')
  })

  it('wait for the news of a pod whose Job has ended already', () => {
    const status = look({ jobs: [good], pods: [podOf(good, { status: { phase: 'Running' } })] })
    expect(first(status).result).to.equal('Running')
    expect(first(look({ jobs: [good], pods: [reportingPod(good, reportOf(), 0)], status })).result).to.equal(
      'Succeeded',
    )
  })

  it('that ran out of time say so, and what had kept them', () => {
    const stuck = podOf(running, {
      status: { phase: 'Pending' },
      state: { waiting: { reason: 'CreateContainerConfigError', message: 'secret "shop" not found' } },
    })
    const status = look({ jobs: [running], pods: [stuck] })
    const run = first(look({ jobs: [jobOf('orders-1', outOfTime)], status }))
    expect(run.result).to.equal('Failed')
    expect(run.message).to.match(/ended after 60 s.*until then: it can't start: .*secret "shop" not found/)
  })

  it('stay known when their pods are gone, and their Jobs', () => {
    const job = jobOf('orders-1', outOfTries)
    const known = look({
      jobs: [job],
      pods: [reportingPod(job, reportOf({ result: 'Failed', message: 'the shop is away' }), 1)],
    })
    expect(look({ jobs: [job], status: known })).to.deep.equal(known)
    expect(look({ status: known })).to.deep.equal(known)
  })

  it('are Failed, with words, when their Job goes before its end', () => {
    const status = look({ status: look({ jobs: [running] }) })
    expect(first(status)).to.include({ result: 'Failed', endTime: '2026-11-01T10:05:00Z' })
    expect(first(status).message).to.include('deleted before its end')
    expect(status.active).to.deep.equal([])
    expect(look({ status, at: now + 60_000 })).to.deep.equal(status)
  })

  it('are another one when a Job is made anew by the same name', () => {
    const known = look({ jobs: [good], pods: [reportingPod(good, reportOf(), 0)] })
    const anew = jobOf('orders-1', { active: 1 }, { creationTimestamp: '2026-11-01T10:04:55Z' })
    const status = look({ jobs: [anew], status: known })
    expect(status.recentRuns.map(({ result }) => result)).to.deep.equal(['Running', 'Succeeded'])
  })

  it('are the ten newest, and the last one is the newest that has ended', () => {
    const jobs = Array.from({ length: 12 }, (_, minute) =>
      jobOf(`run-${minute}`, minute < 11 ? complete : { active: 1 }, {
        creationTimestamp: new Date(now + minute * 60_000).toISOString(),
      }),
    )
    const status = look({ jobs })
    expect(status.recentRuns.map(({ name }) => name)).to.deep.equal(
      [11, 10, 9, 8, 7, 6, 5, 4, 3, 2].map(minute => `run-${minute}`),
    )
    expect(status.lastRun?.name).to.equal('run-10')
    expect(status.active).to.deep.equal(['run-11'])
  })

  it('leave the times of the last good and the last due run as they were when those are forgotten', () => {
    const status = {
      ...untouched,
      lastScheduleTime: '2026-11-01T09:00:00Z',
      lastSuccessfulTime: '2026-11-01T09:01:00Z',
    }
    expect(look({ status })).to.deep.equal(status)
    const cronJob: CronJob = {
      metadata: { name: 'orders' },
      spec: { schedule: '@hourly', jobTemplate: { spec: good.spec } },
      status: { lastScheduleTime: '2026-11-01T10:00:00Z' },
    }
    expect(look({ status, cronJob }).lastScheduleTime).to.equal('2026-11-01T10:00:00Z')
  })

  it('never carry more than the status may hold', () => {
    const job = jobOf('orders-1', outOfTries)
    const long = reportOf({ result: 'Failed', message: '😀'.repeat(900) })
    const status = look({ jobs: [job], pods: [reportingPod(job, long, 1)] })
    expect(etlScheduleStatus.parse(status)).to.deep.equal(status)
  })
})

const jobStatuses: readonly Job['status'][] = [
  undefined,
  { active: 1 },
  { active: 1, failed: 1 },
  complete,
  outOfTries,
  outOfTime,
  failedBy('PodFailurePolicy'),
]
const podMakers: readonly ((job: Job, created: string) => Pod)[] = [
  (job, created) => podOf(job, { created, status: { phase: 'Running' } }),
  (job, created) =>
    podOf(job, { created, status: { phase: 'Pending' }, state: { waiting: { reason: 'ErrImagePull' } } }),
  (job, created) => podOf(job, { created, status: { phase: 'Running' }, deleted: created }),
  (job, created) => endedPod(job, { exitCode: 137, reason: 'OOMKilled' }, { created }),
  (job, created) => reportingPod(job, reportOf({ result: 'Failed', message: 'away' }), 1, { created }),
  (job, created) => reportingPod(job, reportOf({ result: 'Refused', message: 'few' }), 2, { created }),
  (job, created) => reportingPod(job, reportOf(), 0, { created }),
]

/** What a cluster may hold at one moment, whether or not it could come to that. */
const cluster = fc
  .array(
    fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      status: fc.constantFrom(...jobStatuses),
      pods: fc.array(fc.constantFrom(...podMakers), { maxLength: 3 }),
    }),
    { maxLength: 3 },
  )
  .map(made => {
    const byName = new Map(made.map(one => [one.name as string, one]))
    const jobs = [...byName.values()].map(({ name, status }) => jobOf(name, status))
    const pods = jobs.flatMap(job =>
      (byName.get(job.metadata.name)?.pods ?? []).map((make, index) =>
        make(job, `2026-11-01T10:0${index}:00Z`),
      ),
    )
    return { jobs, pods }
  })

describe('looking at runs, by its laws', () => {
  it('says the same when nothing has happened, whatever had happened before', () => {
    fc.assert(
      fc.property(fc.array(cluster, { minLength: 1, maxLength: 4 }), moments => {
        let status = untouched
        for (const moment of moments) status = look({ ...moment, status })
        const last = moments.at(-1)
        expect(look({ ...last, status, at: now + 3_600_000 })).to.deep.equal(status)
      }),
      { numRuns: 500 },
    )
  })

  it('never loses a run, nor its figures', () => {
    fc.assert(
      fc.property(fc.array(cluster, { minLength: 2, maxLength: 4 }), moments => {
        let status = untouched
        for (const moment of moments) {
          const next = look({ ...moment, status })
          for (const run of status.recentRuns.filter(({ rowsRead }) => rowsRead !== undefined)) {
            const same = next.recentRuns.find(({ name }) => name === run.name)
            if (moment.jobs.every(({ metadata }) => metadata.name !== run.name))
              expect(same).to.deep.equal(run)
            expect(same).not.to.equal(undefined)
          }
          status = next
          expect(etlScheduleStatus.safeParse(status).success).to.equal(true)
        }
      }),
      { numRuns: 300 },
    )
  })
})
