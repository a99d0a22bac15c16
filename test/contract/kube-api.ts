import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { connectKube } from '#internal/kube/client.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import type { KubeClient } from '#internal/kube/client.ts'
import type { KubeObject, Place } from '#internal/kube/objects.ts'
import type { WatchEvent } from '#internal/kube/watch-stream.ts'

interface Settings extends KubeObject {
  readonly data?: Record<string, string>
}

interface WithStatus extends KubeObject {
  readonly spec?: object
  readonly status?: Record<string, unknown>
}

const namespaces: Place = { group: '', version: 'v1', plural: 'namespaces' }

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => error as Error,
  )

/** What an API server must do for internal/kube to be right; the fake and real ones are held to it alike. */
export function describeKubeApi(kind: string, kubeconfig: () => Promise<string> | string): void {
  describe(`Kubernetes API of ${kind}`, function () {
    this.timeout(60_000)
    let client: KubeClient
    let other: KubeClient
    const namespace = `t-${randomUUID().slice(0, 8)}`
    const maps: Place = { group: '', version: 'v1', plural: 'configmaps', namespace }
    const budgets: Place = { group: 'policy', version: 'v1', plural: 'poddisruptionbudgets', namespace }

    before(async () => {
      const metrics = createMetrics({ service: 'test', version: '0' })
      const options = { kubeconfig: await kubeconfig(), metrics, logger }
      client = await connectKube({ ...options, fieldManager: 'vitrine-test' })
      other = await connectKube({ ...options, fieldManager: 'somebody-else' })
      await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
    })
    after(async () => {
      await client?.delete(namespaces, namespace)
      client?.[Symbol.dispose]()
      other?.[Symbol.dispose]()
    })

    const map = (name: string, data: Record<string, string>, meta: object = {}): Settings => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace, ...meta },
      data,
    })

    const budget = (name: string): WithStatus => ({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name, namespace },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'none' } } },
    })

    /** Ends with the watch, or once so many events other than bookmarks came. */
    async function eventsFrom(resourceVersion: string, count: number, timeoutSeconds = 30, selection = {}) {
      const events: WatchEvent<Settings>[] = []
      const options = { ...selection, resourceVersion, timeoutSeconds, limitMs: 40_000 }
      for await (const event of client.watch<Settings>(maps, options)) {
        events.push(event)
        if (events.filter(({ type }) => type !== 'BOOKMARK').length === count) break
      }
      return events
    }

    const told = (events: readonly WatchEvent<Settings>[]) =>
      events.map(({ type, object }) => `${type} ${object.metadata.name} ${object.data?.['a'] ?? ''}`.trim())

    it('creates, gets and deletes, and says null or false of what is not there', async () => {
      expect(await client.get(maps, 'one')).to.equal(null)
      const created = await client.create(maps, map('one', { a: '1' }))
      expect(created.metadata.uid).to.be.a('string')
      expect((await client.get<Settings>(maps, 'one'))?.data).to.deep.equal({ a: '1' })
      expect(await failureOf(client.create(maps, map('one', {})))).to.have.property('code', 'conflict')
      expect(await failureOf(client.delete(maps, 'one', { uid: randomUUID() }))).to.have.property(
        'code',
        'conflict',
      )
      expect(
        await client.delete(maps, 'one', created.metadata.uid ? { uid: created.metadata.uid } : {}),
      ).to.equal(true)
      expect(await client.delete(maps, 'one')).to.equal(false)
    })

    it('refuses an update of what has changed meanwhile', async () => {
      const first = await client.create(maps, map('two', { a: '1' }))
      const second = await client.update(maps, { ...first, data: { a: '2' } })
      expect(second.metadata.resourceVersion).to.not.equal(first.metadata.resourceVersion)
      const late = await failureOf(client.update(maps, { ...first, data: { a: '3' } }))
      expect(late).to.have.property('code', 'conflict')
      expect(await failureOf(client.update(maps, map('not-there', {})))).to.have.property('code', 'not-found')
    })

    it('refuses a patch, or what is applied, when it names a version that has changed meanwhile', async () => {
      const { metadata } = await client.create(maps, map('three', { a: '1' }))
      const { resourceVersion = '' } = metadata
      await client.mergePatch(maps, 'three', { data: { a: '2' } })
      const applied = map('three', { a: '3' }, { resourceVersion })
      for (const late of [
        client.mergePatch(maps, 'three', { metadata: { resourceVersion }, data: { a: '3' } }),
        client.apply(maps, applied),
      ]) {
        expect(await failureOf(late)).to.have.property('code', 'conflict')
      }
      expect(await client.get(maps, 'three'))
        .to.have.property('data')
        .that.deep.equals({ a: '2' })
    })

    it('names the field of an object that it refuses', async () => {
      const refused = await failureOf(client.create(maps, map('bad', {}, { labels: { a: 'not a label!' } })))
      expect(refused).to.have.property('code', 'invalid-input')
      expect(refused).to.have.property('field', 'metadata.labels')
    })

    it('applies: what was applied before and is left out goes, what is of others stays', async () => {
      await client.apply(maps, map('applied', { a: '1', b: '1' }))
      await other.mergePatch(maps, 'applied', {
        data: { c: 'foreign' },
        metadata: { labels: { team: 'web' } },
      })
      const { data, metadata } = await client.apply<Settings>(maps, map('applied', { a: '2' }))
      expect(data).to.deep.equal({ a: '2', c: 'foreign' })
      expect(metadata.labels).to.deep.equal({ team: 'web' })
    })

    it('takes over what others changed of the applied fields', async () => {
      await client.apply(maps, map('drifted', { a: '1' }))
      await other.mergePatch(maps, 'drifted', { data: { a: 'foreign' } })
      expect((await client.apply<Settings>(maps, map('drifted', { a: '1' }))).data).to.deep.equal({ a: '1' })
    })

    it('changes no version when what is applied is so already', async () => {
      const first = await client.apply(maps, map('same', { a: '1' }))
      const again = await client.apply(maps, map('same', { a: '1' }))
      expect(again.metadata.resourceVersion).to.equal(first.metadata.resourceVersion)
    })

    it('answers a dry run as if it wrote, and writes nothing', async () => {
      const { data } = await client.apply<Settings>(maps, map('dry', { a: '1' }), { dryRun: true })
      expect(data).to.deep.equal({ a: '1' })
      expect(await client.get(maps, 'dry')).to.equal(null)
      const first = await client.apply(maps, map('dry', { a: '1' }))
      await client.apply(maps, map('dry', { a: '2' }), { dryRun: true })
      expect(await client.get(maps, 'dry')).to.deep.equal(first)
    })

    it('applies a status apart from the rest, and never to another object of the same name', async () => {
      const made = await client.create(budgets, budget('with-status'))
      const { uid } = made.metadata
      const status = {
        observedGeneration: 1,
        currentHealthy: 3,
        desiredHealthy: 1,
        disruptionsAllowed: 2,
        expectedPods: 3,
      }
      const asked = { ...budget('with-status'), spec: {}, status }
      const written = await client.applyStatus<WithStatus>(budgets, {
        ...asked,
        metadata: { name: 'with-status', namespace, ...(uid !== undefined && { uid }) },
      })
      expect(written?.status).to.include({ observedGeneration: 1, expectedPods: 3 })
      expect(written?.spec).to.deep.equal(made.spec)
      const wrong = client.applyStatus(budgets, {
        ...asked,
        metadata: { name: 'with-status', namespace, uid: randomUUID() },
      })
      expect(await failureOf(wrong)).to.have.property('code', 'conflict')
      const gone = { ...asked, metadata: { name: 'not-there', namespace, uid: randomUUID() } }
      expect(await client.applyStatus(budgets, gone)).to.equal(null)
      expect(await client.applyStatus(budgets, { ...budget('not-there'), status } as WithStatus)).to.equal(
        null,
      )
    })

    it('lists page by page what one big page would say, and by label', async () => {
      const labels = { set: 'paged' }
      for (const n of [0, 1, 2, 3, 4])
        await client.create(maps, map(`paged-${n}`, { a: String(n) }, { labels }))
      const whole = await client.list<Settings>(maps, { labelSelector: 'set=paged' })
      const paged = await client.list<Settings>(maps, { labelSelector: 'set=paged', pageSize: 2 })
      expect(paged.items.map(({ metadata }) => metadata.name)).to.deep.equal(
        [0, 1, 2, 3, 4].map(n => `paged-${n}`),
      )
      expect(paged.items).to.deep.equal(whole.items)
      const named = await client.list(maps, { fieldSelector: 'metadata.name=paged-3' })
      expect(named.items).to.have.length(1)
    })

    it('keeps data to itself where only metadata is asked for', async () => {
      await client.create(maps, map('secretive', { a: 'secret' }, { labels: { set: 'secretive' } }))
      const selection = { labelSelector: 'set=secretive', metadataOnly: true }
      const { items, resourceVersion } = await client.list<Settings>(maps, selection)
      expect(items.map(item => [item.metadata.name, item.data])).to.deep.equal([['secretive', undefined]])
      const coming = eventsFrom(resourceVersion, 1, 30, selection)
      await client.mergePatch(maps, 'secretive', { data: { a: 'other' } })
      expect(told(await coming)).to.deep.equal(['MODIFIED secretive'])
    })

    it('tells a watch each change since the list, in order', async () => {
      const { resourceVersion } = await client.list(maps)
      await client.create(maps, map('watched', { a: '1' }))
      const coming = eventsFrom(resourceVersion, 4)
      await client.mergePatch(maps, 'watched', { data: { a: '2' } })
      await client.mergePatch(maps, 'watched', { data: { a: '3' } })
      await client.delete(maps, 'watched')
      expect(told(await coming)).to.deep.equal([
        'ADDED watched 1',
        'MODIFIED watched 2',
        'MODIFIED watched 3',
        'DELETED watched 3',
      ])
    })

    it('tells a watch by label of what leaves its selection as deleted', async () => {
      await client.create(maps, map('leaving', { a: '1' }, { labels: { set: 'leaving' } }))
      const { resourceVersion } = await client.list(maps)
      const coming = eventsFrom(resourceVersion, 1, 30, { labelSelector: 'set=leaving' })
      await client.mergePatch(maps, 'leaving', { metadata: { labels: { set: null } } })
      expect(told(await coming)).to.deep.equal(['DELETED leaving 1'])
    })

    it('ends a watch in time, with a bookmark just before from which the next goes on', async () => {
      const { resourceVersion } = await client.list(maps)
      const selection = { labelSelector: 'set=bookmarked' }
      const ended = eventsFrom(resourceVersion, 1, 6, selection)
      await client.create(maps, map('unseen', { a: '1' }))
      const events = await ended
      // An API server may send others at its own pace before.
      expect([...new Set(events.map(({ type }) => type))]).to.deep.equal(['BOOKMARK'])
      await client.create(maps, map('after-bookmark', { a: '1' }, { labels: { set: 'bookmarked' } }))
      const next = await eventsFrom(events.at(-1)?.object.metadata.resourceVersion ?? '', 1, 30, selection)
      expect(told(next)).to.deep.equal(['ADDED after-bookmark 1'])
    })

    it('gives a busy name to one of many that create or update it at once', async () => {
      const raced = await Promise.allSettled(
        Array.from({ length: 8 }, (_, n) => client.create(maps, map('raced', { a: String(n) }))),
      )
      expect(raced.filter(({ status }) => status === 'fulfilled')).to.have.length(1)
      const now = await client.get<Settings>(maps, 'raced')
      const updates = await Promise.allSettled(
        Array.from({ length: 8 }, (_, n) =>
          client.update(maps, { ...(now as Settings), data: { a: `u${n}` } }),
        ),
      )
      expect(updates.filter(({ status }) => status === 'fulfilled')).to.have.length(1)
    })
  })
}
