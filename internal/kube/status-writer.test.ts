import { expect } from 'chai'
import { createStatusWriter } from './status-writer.ts'
import { failureOf, startKubeRig } from './test-support.ts'
import type { Place } from './objects.ts'
import type { WithStatus } from './status-writer.ts'
import type { KubeRig } from './test-support.ts'

const place: Place = { group: 'example.dev', version: 'v1', plural: 'things' }
const kind = { place, apiVersion: 'example.dev/v1', kind: 'Thing' }
const here: Place = { ...place, namespace: 'shop' }

describe('status writer', () => {
  let rig: KubeRig
  let thing: WithStatus
  beforeEach(async () => {
    rig = await startKubeRig()
    thing = await rig.client.create(here, {
      apiVersion: kind.apiVersion,
      kind: kind.kind,
      metadata: { name: 'a', namespace: 'shop' },
      spec: { size: 1 },
    })
  })
  afterEach(async () => rig[Symbol.asyncDispose]())

  const now = async () => (await rig.client.get<WithStatus>(here, 'a')) as WithStatus

  it('asks the API server for nothing when nothing changed', async () => {
    const writer = createStatusWriter(rig.client, kind)
    const status = { ready: true, message: undefined, runs: [{ name: 'r' }] }
    expect(await writer.write(thing, status)).to.equal(true)
    const seen = await now()
    const before = rig.server.requests.length
    for (let n = 0; n < 50; n++) expect(await writer.write(seen, status)).to.equal(false)
    expect(rig.server.requests.length).to.equal(before)
  })

  it('writes the status alone, and lets go of what it says no more', async () => {
    const writer = createStatusWriter(rig.client, kind)
    await writer.write(thing, { ready: true, reason: 'Good' })
    await writer.write(await now(), { ready: false })
    const { status, metadata } = await now()
    expect(status).to.deep.equal({ ready: false })
    expect(await now()).to.have.deep.property('spec', { size: 1 })
    expect(metadata.generation).to.equal(1)
  })

  it('writes nothing to an object that is gone, or to another of its name', async () => {
    const writer = createStatusWriter(rig.client, kind)
    await rig.client.delete(here, 'a')
    expect(await writer.write(thing, { ready: true })).to.equal(false)
    await rig.client.create(here, { metadata: { name: 'a', namespace: 'shop' } })
    expect(await failureOf(writer.write(thing, { ready: true }))).to.have.property('code', 'conflict')
    expect(await now()).to.not.have.property('status')
  })
})
