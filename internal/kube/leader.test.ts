import { expect } from 'chai'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../../test/contract/event-log-rig.ts'
import { runAsLeader } from './leader.ts'
import { failureOf, samples, startKubeRig } from './test-support.ts'
import type { LeaderOptions, LeaderTimes, LeaseObject } from './leader.ts'
import type { Place } from './objects.ts'
import type { KubeRig } from './test-support.ts'

const leases: Place = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', namespace: 'shop' }
const times: LeaderTimes = { leaseMs: 1_000, deadlineMs: 600, renewEveryMs: 100, lookEveryMs: 50 }

interface Candidate {
  readonly identity: string
  readonly isLeading: () => boolean
  /** As SIGTERM does. */
  leave(): Promise<void>
}

describe('leader', () => {
  let rig: KubeRig
  let candidates: Candidate[] = []
  /** Who began and stopped, in order. */
  let story: string[] = []
  beforeEach(async () => {
    rig = await startKubeRig({ timeoutMs: 200 })
    candidates = []
    story = []
  })
  afterEach(async () => {
    rig.server.heal()
    await Promise.all(candidates.map(one => one.leave()))
    await rig[Symbol.asyncDispose]()
  })

  function stand(identity: string, options: Partial<LeaderOptions> = {}): Candidate {
    const stop = new AbortController()
    let leads = false
    const running = runAsLeader({
      ...rig,
      name: 'controller',
      namespace: 'shop',
      identity,
      times,
      signal: stop.signal,
      async leading(signal) {
        leads = true
        story.push(`${identity} begins`)
        if (!signal.aborted) await once(signal, 'abort')
        story.push(`${identity} stops`)
        leads = false
      },
      ...options,
    })
    const candidate = {
      identity,
      isLeading: () => leads,
      async leave() {
        stop.abort()
        await running
      },
    }
    candidates.push(candidate)
    return candidate
  }

  const lease = async () => (await rig.client.get<LeaseObject>(leases, 'controller'))?.spec

  it('is one of many', async () => {
    for (const identity of ['anna', 'bert', 'carl']) stand(identity)
    await eventually(() => candidates.some(one => one.isLeading()), 'somebody leads')
    await sleep(300)
    expect(candidates.filter(one => one.isLeading())).to.have.length(1)
    const leader = candidates.find(one => one.isLeading())
    expect(await lease()).to.include({ holderIdentity: leader?.identity, leaseDurationSeconds: 1 })
    expect(Object.values(await samples(rig.metrics, 'leader_election_master_status'))).to.deep.equal([1])
  })

  it('gives the lease back when it leaves, after its work has ended', async () => {
    const anna = stand('anna')
    await eventually(() => anna.isLeading(), 'anna leads')
    stand('bert')
    await anna.leave()
    expect(story).to.deep.equal(['anna begins', 'anna stops'])
    await eventually(() => story.includes('bert begins'), 'bert leads')
    const spec = await lease()
    expect(spec).to.include({ holderIdentity: 'bert', leaseTransitions: 1 })
  })

  it('is followed once its lease has lapsed, when it died without a word', async () => {
    const dead: LeaseObject = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'controller', namespace: 'shop' },
      // A clock that is a day ahead must not matter.
      spec: {
        holderIdentity: 'dead',
        leaseDurationSeconds: 1,
        renewTime: new Date(Date.now() + 86_400_000).toISOString(),
      },
    }
    await rig.client.create(leases, dead)
    const began = performance.now()
    const anna = stand('anna')
    await eventually(() => anna.isLeading(), 'anna leads')
    expect(performance.now() - began).to.be.at.least(1_000)
  })

  it('stops before its lease lapses when it can not renew, so that never two lead', async () => {
    const anna = stand('anna')
    await eventually(() => anna.isLeading(), 'anna leads')
    stand('bert')
    rig.server.fail('stall', { times: Infinity, matching: ({ method }) => method === 'PUT' })
    await eventually(() => story.includes('anna stops'), 'anna stops')
    expect((await lease())?.holderIdentity).to.equal('anna')
    expect(Object.values(await samples(rig.metrics, 'leader_election_master_status'))).to.deep.equal([0])
    rig.server.heal()
    await eventually(() => story.length >= 3, 'somebody leads again')
    expect(story.slice(0, 2)).to.deep.equal(['anna begins', 'anna stops'])
  })

  it('stops at once when another has taken its lease', async () => {
    const anna = stand('anna')
    await eventually(() => anna.isLeading(), 'anna leads')
    await rig.client.mergePatch(leases, 'controller', {
      spec: { holderIdentity: 'usurper', leaseDurationSeconds: 60 },
    })
    await eventually(() => !anna.isLeading(), 'anna stops')
    expect((await lease())?.holderIdentity).to.equal('usurper')
  })

  it('goes on leading when others write to the lease, and through failures that are shorter than its deadline', async () => {
    const anna = stand('anna')
    await eventually(() => anna.isLeading(), 'anna leads')
    for (const fault of ['reset', 'internal-error', 'too-many-requests'] as const) {
      rig.server.fail(fault)
      await rig.client
        .mergePatch(leases, 'controller', { metadata: { labels: { seen: fault } } })
        .catch(() => {})
      await sleep(300)
    }
    expect(story).to.deep.equal(['anna begins'])
  })

  it('ends, and gives the lease back, when its work fails', async () => {
    const failed = runAsLeader({
      ...rig,
      name: 'controller',
      namespace: 'shop',
      identity: 'anna',
      times,
      signal: new AbortController().signal,
      leading: async () => {
        throw new Error('no work today')
      },
    })
    expect(await failureOf(failed)).to.have.property('message', 'no work today')
    expect((await lease())?.holderIdentity).to.equal('')
  })
})
