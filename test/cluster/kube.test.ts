import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connectKube } from '#internal/kube/client.ts'
import { createEventRecorder } from '#internal/kube/events.ts'
import { runAsLeader } from '#internal/kube/leader.ts'
import { createReflectors } from '#internal/kube/reflector.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { eventually } from '../contract/event-log-rig.ts'
import type { KubeClient } from '#internal/kube/client.ts'
import type { KubeObject, Place } from '#internal/kube/objects.ts'

const namespaces: Place = { group: '', version: 'v1', plural: 'namespaces' }

describe('internal/kube on a cluster', function () {
  this.timeout(60_000)
  const namespace = `t-${randomUUID().slice(0, 8)}`
  const metrics = createMetrics({ service: 'test', version: '0' })
  const maps: Place = { group: '', version: 'v1', plural: 'configmaps', namespace }
  let client: KubeClient

  const map = (name: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
  })

  before(async () => {
    client = await connectKube({ fieldManager: 'vitrine-test', metrics, logger })
    await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  })
  after(async () => {
    await client?.delete(namespaces, namespace)
    client?.[Symbol.dispose]()
  })

  it('follows the objects of a namespace', async () => {
    const reflectors = createReflectors({ client, metrics, logger })
    await using reflector = reflectors.start({ place: maps })
    await reflector.synced
    await client.create(maps, map('followed'))
    await eventually(() => reflector.get(`${namespace}/followed`) !== undefined, 'it is seen')
    await client.delete(maps, 'followed')
    await eventually(() => reflector.get(`${namespace}/followed`) === undefined, 'it is gone')
  })

  it('has one leader at a time, and the next within 2 s when the first leaves', async () => {
    const story: { readonly what: string; readonly at: number }[] = []
    const told = () => story.map(({ what }) => what)
    const stand = (identity: string, signal: AbortSignal) =>
      runAsLeader({
        client,
        metrics,
        logger,
        namespace,
        name: 'leader',
        identity,
        signal,
        async leading(lost) {
          story.push({ what: `${identity} begins`, at: performance.now() })
          if (!lost.aborted) await once(lost, 'abort')
          story.push({ what: `${identity} stops`, at: performance.now() })
        },
      })
    const [first, second] = [new AbortController(), new AbortController()]
    const anna = stand('anna', first.signal)
    await eventually(() => story.length === 1, 'anna leads')
    const bert = stand('bert', second.signal)
    first.abort()
    await anna
    await eventually(() => story.length === 3, 'bert leads')
    second.abort()
    await bert
    expect(told()).to.deep.equal(['anna begins', 'anna stops', 'bert begins', 'bert stops'])
    const gapMs = Math.round((story[2]?.at ?? 0) - (story[1]?.at ?? 0))
    process.stdout.write(`    leads ${gapMs} ms after the other left\n`)
    const { body } = await metrics.scrape()
    expect(body).to.include('leader_election_master_status{name="leader"} 0')
  })

  it('shows Events, and counts the same again', async () => {
    const made = await client.create(maps, map('eventful'))
    await using recorder = createEventRecorder({ client, component: 'vitrine-test', metrics, logger })
    const regarding = { apiVersion: 'v1', kind: 'ConfigMap', metadata: made.metadata }
    for (let n = 0; n < 3; n++)
      recorder.record(regarding, { type: 'Normal', reason: 'Tested', message: 'again' })
    const events: Place = { ...maps, plural: 'events' }
    const fieldSelector = `involvedObject.uid=${made.metadata.uid}`
    await eventually(async () => {
      const { items } = await client.list<KubeObject & { count?: number }>(events, { fieldSelector })
      return items.length === 1 && items[0]?.count === 3
    }, 'one Event that counts three')
  })
})
