import { expect } from 'chai'
import { setTimeout as delay } from 'node:timers/promises'
import { parseEtlSchedule } from '../resource/etl-schedule.ts'
import { tryRun } from './attempts.ts'
import type { Verdict } from './attempts.ts'

function specOf(spec: Record<string, unknown>) {
  return parseEtlSchedule({
    apiVersion: 'vitrine.dev/v1alpha1',
    kind: 'EtlSchedule',
    metadata: { name: 'orders' },
    spec: { pipeline: 'orders', schedule: '@daily', source: { secretRef: { name: 'shop' } }, ...spec },
  }).spec
}

async function tried(verdicts: readonly Verdict[], backoffLimit: number) {
  const waits: number[] = []
  let tries = 0
  const outcome = await tryRun(
    specOf({ backoffLimit }),
    async () => ({ verdict: verdicts[tries++] ?? 'again', tries }),
    {
      signal: new AbortController().signal,
      async sleep(ms) {
        waits.push(ms / 1_000)
      },
    },
  )
  return { ...outcome, waits }
}

describe('the tries of a run on one machine', () => {
  it('are as many and as far apart as those of a Job', async () => {
    expect(await tried([], 8)).to.deep.equal({
      verdict: 'again',
      tries: 9,
      waits: [10, 20, 40, 80, 160, 320, 360, 360],
    })
    expect(await tried([], 0)).to.deep.include({ tries: 1, waits: [] })
    expect(await tried(['again', 'done'], 2)).to.deep.equal({ verdict: 'done', tries: 2, waits: [10] })
  })

  it('end with the first that another try would not cure', async () => {
    expect(await tried(['give-up'], 5)).to.deep.equal({ verdict: 'give-up', tries: 1, waits: [] })
  })

  it('end without an outcome once their deadline is over, or they are told to stop', async () => {
    const hangs = async (signal: AbortSignal) => {
      await delay(60_000, undefined, { signal })
      return { verdict: 'done' as const }
    }
    const sleep = async () => {}
    const { signal } = new AbortController()
    expect(await tryRun(specOf({ activeDeadlineSeconds: 1 }), hangs, { sleep, signal })).to.equal(null)
    const stopped = AbortSignal.abort()
    expect(await tryRun(specOf({}), hangs, { sleep, signal: stopped })).to.equal(null)
  })
})
