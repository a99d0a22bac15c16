import { expect } from 'chai'
import { writeFile } from 'node:fs/promises'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { connectKube } from './client.ts'
import { failureOf, mapOf, maps, samples, startKubeRig } from './test-support.ts'
import type { KubeRig } from './test-support.ts'

describe('Kubernetes client and its failures', () => {
  let rig: KubeRig
  beforeEach(async () => {
    rig = await startKubeRig({ timeoutMs: 300 })
  })
  afterEach(async () => rig[Symbol.asyncDispose]())

  const watchOnce = async () => {
    const options = { resourceVersion: '1000', timeoutSeconds: 30, limitMs: 200 }
    for await (const _event of rig.client.watch(maps, options)) return
  }

  it('says unavailable of an API server that resets, stalls, is overloaded or fails, and when to come back', async () => {
    for (const fault of ['reset', 'stall', 'internal-error'] as const) {
      rig.server.fail(fault)
      expect(await failureOf(rig.client.get(maps, 'a')), fault).to.have.property('code', 'unavailable')
    }
    rig.server.fail('too-many-requests')
    expect(await failureOf(rig.client.list(maps))).to.include({ code: 'unavailable', retryAfterSeconds: 2 })
    expect(await rig.client.get(maps, 'a')).to.equal(null)
  })

  it('ends a call at once, with the reason, when its signal ends', async () => {
    rig.server.fail('stall')
    const stop = new AbortController()
    const reason = new Error('enough')
    const asked = failureOf(rig.client.get(maps, 'a', { signal: stop.signal }))
    stop.abort(reason)
    expect(await asked).to.equal(reason)
  })

  it('cuts a watch that is silent beyond its time', async () => {
    const watching = failureOf(watchOnce())
    expect(await watching)
      .to.have.property('message')
      .that.includes('did not end within 200 ms')
  })

  it('knows a version that is too old, whether by status or by event', async () => {
    rig.server.fail('expired')
    expect(await failureOf(watchOnce())).to.have.property('name', 'Expired')
    rig.server.fail('expired-event')
    expect(await failureOf(watchOnce())).to.have.property('name', 'Expired')
  })

  it('lists all at once when the pages that are left have grown too old', async () => {
    for (const name of ['a', 'b', 'c']) await rig.client.create(maps, mapOf(name))
    const isLater = ({ query }: { query: URLSearchParams }) => query.has('continue')
    rig.server.fail('expired', { matching: isLater })
    const { items } = await rig.client.list(maps, { pageSize: 2 })
    expect(items.map(({ metadata }) => metadata.name)).to.deep.equal(['a', 'b', 'c'])
  })

  it('keeps one connection for calls that follow each other', async () => {
    const sockets = new Set<string>()
    await rig.client.create(maps, mapOf('a'))
    for (let n = 0; n < 20; n++) await rig.client.get(maps, 'a')
    for (const { from } of rig.server.requests) sockets.add(from)
    expect(sockets.size).to.equal(1)
  })

  it('counts requests by answer, by the names of client-go', async () => {
    await rig.client.get(maps, 'a')
    await rig.client.create(maps, mapOf('a'))
    rig.server.fail('reset')
    await failureOf(rig.client.get(maps, 'a'))
    const counted = Object.entries(await samples(rig.metrics, 'rest_client_requests_total'))
    const byCode = counted.map(([labels, n]) => [/code="([^"]*)",method="([^"]*)"/.exec(labels)?.slice(1), n])
    expect(byCode).to.deep.include.members([
      [['404', 'GET'], 1],
      [['201', 'POST'], 1],
      [['<error>', 'GET'], 1],
    ])
    expect(await samples(rig.metrics, 'rest_client_request_duration_seconds_count')).to.not.deep.equal({})
  })

  it('tells a kubeconfig that can not be read or leads nowhere from an API server that is away', async () => {
    const options = {
      fieldManager: 'test',
      metrics: createMetrics({ service: 'test', version: '0' }),
      logger,
    }
    const missing = connectKube({ ...options, kubeconfig: '/no/such/kubeconfig' })
    expect(await failureOf(missing)).to.have.property('code', 'misconfigured')
    const unknown = connectKube({ ...options, kubeconfig: rig.server.kubeconfig, context: 'elsewhere' })
    expect(await failureOf(unknown))
      .to.have.property('message')
      .that.includes('its contexts: fake')
    const path = `${rig.server.kubeconfig}-away`
    const cluster = { server: 'http://127.0.0.1:1', 'insecure-skip-tls-verify': true }
    await writeFile(
      path,
      JSON.stringify({
        clusters: [{ name: 'a', cluster }],
        users: [{ name: 'a', user: {} }],
        contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
        'current-context': 'a',
      }),
    )
    using away = await connectKube({ ...options, kubeconfig: path })
    expect(await failureOf(away.get(maps, 'a'))).to.have.property('code', 'unavailable')
  })
})
