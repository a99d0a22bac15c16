import { expect } from 'chai'
import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidInput, Unavailable } from '#internal/errors/errors.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { eventually } from '../../test/contract/event-log-rig.ts'
import { startController } from './controller.ts'
import { samples } from './test-support.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { ControllerOptions } from './controller.ts'

/** What dashboards and alerts for controllers ask for. */
const expectedNames = [
  'controller_runtime_active_workers',
  'controller_runtime_max_concurrent_reconciles',
  'controller_runtime_reconcile_errors_total',
  'controller_runtime_reconcile_panics_total',
  'controller_runtime_reconcile_time_seconds',
  'controller_runtime_reconcile_timeouts_total',
  'controller_runtime_reconcile_total',
  'controller_runtime_terminal_reconcile_errors_total',
  'workqueue_adds_total',
  'workqueue_depth',
  'workqueue_longest_running_processor_seconds',
  'workqueue_queue_duration_seconds',
  'workqueue_retries_total',
  'workqueue_unfinished_work_seconds',
  'workqueue_work_duration_seconds',
]

describe('controller', () => {
  let metrics: Metrics
  beforeEach(() => {
    metrics = createMetrics({ service: 'test', version: '0' })
  })

  const start = (reconcile: ControllerOptions['reconcile'], options: Partial<ControllerOptions> = {}) =>
    startController({
      name: 'things',
      reconcile,
      concurrency: 1,
      backOff: { firstMs: 60_000, maxMs: 60_000 },
      drainMs: 50,
      metrics,
      logger,
      ...options,
    })

  it("has controller-runtime's metrics, all of them and from the start", async () => {
    await using _controller = start(async () => {})
    const { body } = await metrics.scrape()
    const typed = [...body.matchAll(/^# TYPE ((?:controller_runtime|workqueue)_\w+) /gm)].map(
      match => match[1],
    )
    expect(typed).to.have.members(expectedNames)
    expect(await samples(metrics, 'controller_runtime_reconcile_total')).to.deep.equal({
      'controller_runtime_reconcile_total{controller="things",result="success"}': 0,
      'controller_runtime_reconcile_total{controller="things",result="error"}': 0,
      'controller_runtime_reconcile_total{controller="things",result="requeue"}': 0,
      'controller_runtime_reconcile_total{controller="things",result="requeue_after"}': 0,
    })
  })

  it('counts three good ones, two that fail and one that asks to come back exactly so', async () => {
    const script: Record<string, () => void | { requeue: true }> = {
      failing: () => {
        throw new Unavailable('away')
      },
      refused: () => {
        throw new InvalidInput('never')
      },
      again: () => ({ requeue: true }),
    }
    let done = 0
    await using controller = start(async key => {
      done += 1
      return script[key]?.()
    })
    for (const key of ['good-1', 'failing', 'good-2', 'again', 'refused', 'good-3']) controller.add(key)
    await eventually(() => done === 6 && controller.longestRunningMs() === 0, 'all are worked on')
    const ofThings = async (prefix: string) => Object.values(await samples(metrics, prefix))
    expect(await ofThings('controller_runtime_reconcile_total')).to.deep.equal([3, 2, 1, 0])
    expect(await ofThings('controller_runtime_reconcile_errors_total')).to.deep.equal([2])
    expect(await ofThings('controller_runtime_terminal_reconcile_errors_total')).to.deep.equal([1])
    expect(await ofThings('controller_runtime_reconcile_panics_total')).to.deep.equal([0])
    expect(await ofThings('controller_runtime_reconcile_time_seconds_count')).to.deep.equal([6])
    expect(await ofThings('controller_runtime_active_workers')).to.deep.equal([0])
    expect(await ofThings('controller_runtime_max_concurrent_reconciles')).to.deep.equal([1])
    expect(await ofThings('workqueue_adds_total')).to.deep.equal([6])
    expect(await ofThings('workqueue_retries_total')).to.deep.equal([2])
    expect(await ofThings('workqueue_depth')).to.deep.equal([0])
    expect(await ofThings('workqueue_work_duration_seconds_count')).to.deep.equal([6])
    expect(await ofThings('workqueue_queue_duration_seconds_count')).to.deep.equal([6])
  })

  it('ends the signal of what takes too long, counts it, and tries again', async () => {
    let times = 0
    const work = async (_key: string, signal: AbortSignal) => {
      times += 1
      if (times === 1) await sleep(60_000, undefined, { signal }).catch(() => signal.throwIfAborted())
    }
    await using controller = start(work, { timeoutMs: 20, backOff: { firstMs: 1, maxMs: 1 } })
    controller.add('a')
    await eventually(() => times === 2, 'it is tried again')
    expect(
      Object.values(await samples(metrics, 'controller_runtime_reconcile_timeouts_total')),
    ).to.deep.equal([1])
  })

  it('counts mistakes of the program apart', async () => {
    await using controller = start(async () => {
      throw new TypeError('x is undefined')
    })
    controller.add('a')
    const panics = async () =>
      Object.values(await samples(metrics, 'controller_runtime_reconcile_panics_total'))
    await eventually(async () => (await panics())[0] === 1, 'it is counted')
  })
})
