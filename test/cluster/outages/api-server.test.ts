import { expect } from 'chai'
import { setTimeout as sleep } from 'node:timers/promises'
import { runRequestedAnnotation } from '#internal/etlschedule/resource/names.ts'
import { startCuttableWay } from '../../engines/cuttable-way.ts'
import { until } from '../../system/processes.ts'
import { tell, tellSince } from '../measured.ts'
import { apiServerPort, kubeconfigVia, newRequest, prepareScene, sumOf } from '../scene.ts'
import { script } from '../scripts.ts'
import type { CuttableWay } from '../../engines/cuttable-way.ts'
import type { Running } from '../../system/processes.ts'

const cuts = 50
/** Of one outage: each kind is watched anew, and perhaps listed, with some tries in between. */
const requestsPerCut = 40
const frozenSeconds = 60

describe('A controller that loses the API server', function () {
  this.timeout(240_000)
  const scene = prepareScene({ images: true, scripts: true })
  let way: CuttableWay
  let controller: Running

  before(async function () {
    this.timeout(60_000)
    way = await startCuttableWay(await apiServerPort())
    controller = await scene.startController({ KUBECONFIG: await kubeconfigVia(way.port, scene.folder) })
  })
  after(() => way?.[Symbol.asyncDispose]())

  const requests = () => sumOf(controller, 'rest_client_requests_total')
  const isAnswered = (name: string, request: string) =>
    scene.untilSchedule(
      name,
      'the request is answered',
      ({ status }) => status.lastHandledRunRequest === request,
      90_000,
    )

  it(`misses nothing and starts nothing twice when its connections are cut ${cuts} times, and does not storm back`, async () => {
    const names = Array.from({ length: cuts }, (_, n) => `cut-${n}`)
    await Promise.all(names.map(name => scene.create(name, { suspend: true })))
    for (const name of names) await scene.untilReady(name)
    const before = await requests()
    const asked = new Map<string, string>()
    for (const name of names) {
      const request = newRequest()
      asked.set(name, request)
      await way.cut()
      await scene.annotate(name, { [runRequestedAnnotation]: request })
      await way.mend()
      await sleep(250)
    }
    for (const [name, request] of asked) await isAnswered(name, request)
    for (const name of names) expect(await scene.jobs(name), name).to.have.length(1)
    const spent = (await requests()) - before
    tell(`${spent} requests over ${cuts} cuts and as many runs`)
    expect(spent).to.be.below(cuts * requestsPerCut)
  })

  it('sees a change though its connections carry nothing any more, and nobody says so', async () => {
    await scene.create('silent')
    await scene.untilReady('silent')
    way.silence()
    const began = performance.now()
    const request = newRequest()
    await scene.annotate('silent', { [runRequestedAnnotation]: request })
    await isAnswered('silent', request)
    tellSince('seen', began)
    expect(await scene.jobs('silent')).to.have.length(1)
  })

  it('lists anew when what it has missed is forgotten', async () => {
    await way.cut()
    const request = newRequest()
    await scene.annotate('silent', { [runRequestedAnnotation]: request })
    await scene.create('made-meanwhile')
    const { metadata } = await scene.get('made-meanwhile')
    await compactEtcd(metadata.resourceVersion ?? '')
    await way.mend()
    await isAnswered('silent', request)
    await scene.untilReady('made-meanwhile')
    expect(await scene.jobs('silent')).to.have.length(2)
  })

  it(`lives through ${frozenSeconds} s in which the API server answers nothing, and goes on`, async () => {
    await scene.create('frozen')
    await scene.untilReady('frozen')
    const request = newRequest()
    await scene.annotate('frozen', { [runRequestedAnnotation]: request })
    const before = await requests()
    const thawed = script('pause', ['kube-apiserver', String(frozenSeconds)])
    let isFrozen = true
    void thawed.finally(() => (isFrozen = false))
    while (isFrozen) {
      expect((await fetch(`${controller.opsUrl}/livez`)).status).to.equal(200)
      await sleep(1_000)
    }
    await thawed
    const spent = (await requests()) - before
    tell(`${spent} requests ended within ${frozenSeconds} s without an answer`)
    expect(spent).to.be.below(frozenSeconds * 4)
    expect(controller.child.exitCode).to.equal(null)
    await isAnswered('frozen', request)
    expect(await scene.jobs('frozen')).to.have.length(1)
    await scene.change('frozen', { window: '30d' })
    await scene.untilReady('frozen')
    await until('it is ready again', async () => (await fetch(`${controller.opsUrl}/readyz`)).ok)
  })
})

/** What came before this version is forgotten, as a real cluster forgets what is older than 5 minutes. */
async function compactEtcd(resourceVersion: string): Promise<void> {
  const body = JSON.stringify({ revision: resourceVersion, physical: true })
  await script('in', ['curl', '--fail', '--silent', '--data', body, 'http://127.0.0.1:2379/v3/kv/compaction'])
}
