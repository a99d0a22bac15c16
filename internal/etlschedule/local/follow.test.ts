import { expect } from 'chai'
import { parseEtlSchedule } from '../resource/etl-schedule.ts'
import { follow } from './follow.ts'

const at = (time: string) => Date.parse(`2026-03-01T${time}Z`)

/** A clock that goes on when somebody sleeps, and a machine whose runs take `runMs`. */
function machine(spec: Record<string, unknown>, { runMs, until }: { runMs: number; until: string }) {
  const stopper = new AbortController()
  const said: string[] = []
  let time = at('00:00:00')
  let ends: { at: number; end: (why: string) => void }[] = []
  const clock = (ms: number) => new Date(ms).toISOString().slice(11, 19)

  async function moveTo(to: number): Promise<void> {
    for (;;) {
      const [next] = ends.filter(({ at: end }) => end <= to).sort((a, b) => a.at - b.at)
      if (!next) break
      time = Math.max(time, next.at)
      next.end('ended')
      await new Promise(setImmediate)
    }
    time = to
    if (time >= at(until)) stopper.abort()
  }

  const done = follow({
    schedule: parseEtlSchedule({
      apiVersion: 'vitrine.dev/v1alpha1',
      kind: 'EtlSchedule',
      metadata: { name: 'orders' },
      spec: { pipeline: 'orders', source: { secretRef: { name: 'shop' } }, ...spec },
    }),
    run: async signal => {
      const begun = time
      said.push(`${clock(begun)} starts`)
      const { promise, resolve } = Promise.withResolvers<string>()
      const entry = { at: begun + runMs, end: resolve }
      ends.push(entry)
      signal.addEventListener('abort', () => resolve('stopped'))
      const how = await promise
      ends = ends.filter(one => one !== entry)
      said.push(`${clock(time)} ${how}`)
    },
    leftOut: (due, why) => said.push(`${clock(due)} left out: ${why.replace(/ \(.*/, '')}`),
    now: () => time,
    async sleep(ms, signal) {
      await moveTo(time + ms)
      signal.throwIfAborted()
    },
    signal: stopper.signal,
  })
  return { said, done, skipTo: (to: string) => (time = at(to)), now: () => time }
}

describe('following a schedule on one machine', () => {
  const every15 = { schedule: '*/15 * * * *' }
  const minute = 60_000

  it('starts a run whenever one is due, and ends with the signal', async () => {
    const { said, done } = machine(every15, { runMs: 5 * minute, until: '00:40:00' })
    await done
    expect(said).to.deep.equal(['00:15:00 starts', '00:20:00 ended', '00:30:00 starts', '00:35:00 ended'])
  })

  it('leaves a run out while the one before it goes on', async () => {
    const { said, done } = machine(every15, { runMs: 20 * minute, until: '00:50:00' })
    await done
    expect(said).to.deep.equal([
      '00:15:00 starts',
      '00:30:00 left out: the run before it still goes on',
      '00:35:00 ended',
      '00:45:00 starts',
      '00:50:00 stopped',
    ])
  })

  it('starts it in the place of the one before, or beside it, where the policy says so', async () => {
    const replaced = machine(
      { ...every15, concurrencyPolicy: 'Replace' },
      { runMs: 20 * minute, until: '00:40:00' },
    )
    await replaced.done
    expect(replaced.said).to.deep.equal([
      '00:15:00 starts',
      '00:30:00 stopped',
      '00:30:00 starts',
      '00:40:00 stopped',
    ])
    const beside = machine(
      { ...every15, concurrencyPolicy: 'Allow' },
      { runMs: 20 * minute, until: '00:40:00' },
    )
    await beside.done
    expect(beside.said).to.deep.equal([
      '00:15:00 starts',
      '00:30:00 starts',
      '00:35:00 ended',
      '00:40:00 stopped',
    ])
  })

  it('makes up for runs that a sleeping machine missed by one, unless that is too late', async () => {
    const late = machine(every15, { runMs: minute, until: '03:20:00' })
    late.skipTo('03:10:00')
    await late.done
    expect(late.said).to.deep.equal([
      '03:10:00 starts',
      '03:11:00 ended',
      '03:15:00 starts',
      '03:16:00 ended',
    ])
    const tooLate = machine({ ...every15, startingDeadlineSeconds: 60 }, { runMs: minute, until: '03:12:00' })
    tooLate.skipTo('03:10:00')
    await tooLate.done
    expect(tooLate.said).to.deep.equal(['00:15:00 left out: it could not start within 60 s'])
    const inTime = machine({ ...every15, startingDeadlineSeconds: 600 }, { runMs: minute, until: '03:12:00' })
    inTime.skipTo('03:10:00')
    await inTime.done
    expect(inTime.said).to.deep.equal(['03:10:00 starts', '03:11:00 ended'])
  })

  it('gives up a schedule that is never due', async () => {
    const { said, done, now } = machine({ schedule: '0 0 30 2 *' }, { runMs: minute, until: '00:30:00' })
    await done
    expect([said, now()]).to.deep.equal([[], at('00:00:00')])
  })
})
