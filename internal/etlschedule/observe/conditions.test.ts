import { expect } from 'chai'
import { buildConditions } from './conditions.ts'
import type { Condition, ConditionType, RunRecord } from '../resource/status.ts'
import type { Facts } from './conditions.ts'

const facts: Facts = {
  generation: 3,
  progress: { kind: 'done' },
  suspended: false,
  recentRuns: [],
  overdueSince: null,
  isEverDue: true,
  time: '2026-11-01T10:00:00Z',
}
const say = (change: Partial<Facts> = {}, before: Condition[] = []) =>
  buildConditions(before, { ...facts, ...change })
const one = (type: ConditionType, conditions: readonly Condition[]) =>
  conditions.find(condition => condition.type === type)

const run = (result: RunRecord['result'], change: Partial<RunRecord> = {}): RunRecord => ({
  name: 'orders-1',
  trigger: 'schedule',
  result,
  startTime: '2026-11-01T09:00:00Z',
  ...change,
})

const missing = {
  kind: 'waiting',
  reason: 'SecretMissing',
  message: 'Secret shop is missing; create it',
} as const
const taken = {
  kind: 'stalled',
  reason: 'NameTaken',
  message: 'a CronJob of this name is not ours; rename one',
} as const

/** The verdict of kstatus on an object whose newest spec was seen, by its published rules. */
function verdictOf(conditions: readonly Condition[]): string {
  if (one('Reconciling', conditions)?.status === 'True') return 'InProgress'
  if (one('Stalled', conditions)?.status === 'True') return 'Failed'
  return one('Ready', conditions)?.status === 'True' ? 'Current' : 'InProgress'
}

describe('the conditions of an EtlSchedule', () => {
  it('are Current, in progress or failed for tools that wait, whatever its runs do', () => {
    const failed = [run('Failed', { message: 'the shop is away' })]
    expect(verdictOf(say())).to.equal('Current')
    expect(verdictOf(say({ suspended: true }))).to.equal('Current')
    expect(verdictOf(say({ recentRuns: failed, overdueSince: '2026-11-01T09:30:00Z' }))).to.equal('Current')
    expect(verdictOf(say({ progress: missing }))).to.equal('InProgress')
    expect(verdictOf(say({ progress: taken }))).to.equal('Failed')
  })

  it('hold Reconciling and Stalled only while they are true, and the three others always', () => {
    const types = (change?: Partial<Facts>) => say(change).map(({ type }) => type)
    expect(types()).to.deep.equal(['Ready', 'Healthy', 'Overdue'])
    expect(types({ progress: missing })).to.deep.equal(['Ready', 'Healthy', 'Overdue', 'Reconciling'])
    expect(types({ progress: taken })).to.deep.equal(['Ready', 'Healthy', 'Overdue', 'Stalled'])
  })

  it('say of which generation they speak', () => {
    expect(say({ progress: missing }).map(({ observedGeneration }) => observedGeneration)).to.deep.equal([
      3, 3, 3, 3,
    ])
  })

  it('keep when they last changed, unless their status changes', () => {
    const before = say({ recentRuns: [run('Failed', { message: 'the shop is away' })] })
    const later = { time: '2026-11-01T11:00:00Z', generation: 4 }
    const same = say({ ...later, recentRuns: [run('Refused', { message: 'too few rows' })] }, before)
    expect(one('Healthy', same)).to.include({
      reason: 'RunRefused',
      lastTransitionTime: facts.time,
      observedGeneration: 4,
    })
    const healed = say({ ...later, recentRuns: [run('Succeeded')] }, before)
    expect(one('Healthy', healed)?.lastTransitionTime).to.equal(later.time)
    expect(one('Ready', healed)?.lastTransitionTime).to.equal(facts.time)
  })

  it('are the same when said again', () => {
    const change = { recentRuns: [run('Succeeded')], progress: missing }
    const before = say(change)
    expect(say({ ...change, time: '2026-11-01T11:00:00Z' }, before)).to.deep.equal(before)
  })

  it('say why it is not ready, and what it could not look at', () => {
    expect(one('Ready', say({ progress: missing }))).to.include({
      status: 'False',
      reason: 'SecretMissing',
      message: missing.message,
    })
    const remark = 'not allowed to look at Secret shop; the run will tell'
    expect(one('Ready', say({ remark }))).to.include({ status: 'True', reason: 'Reconciled' })
    expect(one('Ready', say({ remark }))?.message).to.include(remark)
    expect(one('Ready', say({ suspended: true }))).to.include({ status: 'True', reason: 'Suspended' })
  })

  it('are healthy by the last run that ended, and say what a bad one said', () => {
    const healthOf = (...recentRuns: RunRecord[]) => one('Healthy', say({ recentRuns }))
    expect(healthOf()).to.include({ status: 'Unknown', reason: 'NoRunYet' })
    expect(healthOf(run('Running'))).to.include({ status: 'Unknown' })
    expect(healthOf(run('Running'), run('Succeeded'))).to.include({ status: 'True', reason: 'RunSucceeded' })
    const bad = healthOf(run('Failed', { message: 'the shop is away' }), run('Succeeded'))
    expect(bad).to.include({ status: 'False', reason: 'RunFailed' })
    expect(bad?.message).to.include('orders-1').and.include('the shop is away')
  })

  it('stay as healthy as they were over runs that were left out, and when all runs are forgotten', () => {
    const before = say({ recentRuns: [run('Failed', { message: 'the shop is away' })] })
    for (const recentRuns of [[run('Skipped')], []]) {
      expect(one('Healthy', say({ recentRuns }, before))).to.deep.equal(one('Healthy', before))
    }
    expect(one('Healthy', say({ recentRuns: [run('Skipped'), run('Succeeded')] }, before))?.status).to.equal(
      'True',
    )
  })

  it('are overdue with the time, and where to look', () => {
    const overdueSince = '2026-11-01T09:30:00Z'
    const alone = one('Overdue', say({ overdueSince }))
    expect(alone).to.include({ status: 'True', reason: 'RunMissed' })
    expect(alone?.message).to.include(overdueSince).and.include('kubectl describe cronjob')
    const behind = one('Overdue', say({ overdueSince, recentRuns: [run('Running')] }))
    expect(behind?.message).to.include('orders-1 still runs').and.include('spec.concurrencyPolicy')
    expect(one('Overdue', say({ overdueSince, suspended: true }))).to.include({
      status: 'False',
      reason: 'Suspended',
    })
    expect(one('Overdue', say({ isEverDue: false }))).to.include({ status: 'False', reason: 'NeverDue' })
    expect(one('Overdue', say())).to.include({ status: 'False', reason: 'OnTime' })
  })
})
