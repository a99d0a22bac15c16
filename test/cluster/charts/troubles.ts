import { expect } from 'chai'
import { setTimeout as sleep } from 'node:timers/promises'
import { version } from '../../../cmd/shared/service.ts'
import { missingViews, startLoad } from '../../system/load.ts'
import { until } from '../../system/processes.ts'
import { tell } from '../measured.ts'
import { script } from '../scripts.ts'
import type { Became, Load } from '../../system/load.ts'
import type { Served } from './every-install.ts'
import type { Install } from './install.ts'

const components = ['ingestor', 'loader', 'api', 'controller']

/** What an install bears while a shop goes on, within its suite: that it is upgraded, to `values`, and troubles of many kinds. */
export function itBearsTroubles(install: Install, served: Served, values: object): void {
  it('is upgraded under 200 views and 200 questions a second: no request fails, and no view is lost', async () => {
    // As if the definition were that of a release before.
    const definition = 'crd/etlschedules.vitrine.dev'
    await install.kubectl(['annotate', '--overwrite', definition, 'vitrine.dev/release=0.0.1'])
    const load = startLoad({ ...served.address, perSecond: 200, name: 'upgrade' })
    await sleep(5_000)
    const upgraded = await install.install('vitrine', values)
    expect(upgraded.ok, upgraded.stderr).to.equal(true)
    await sleep(15_000)
    const { views, questions, failed, taken } = await load.stop()
    tell(`${views} views, ${questions} questions, ${failed.length} failed`)
    expect(failed.length, failed.slice(0, 20).join('; ')).to.equal(0)
    await untilNoneIsMissing(taken)
    const replicaSets = (await install.kubectl(['get', 'replicasets', '-o', 'name'])).trim().split('\n')
    expect(replicaSets, 'pods were not replaced').to.have.length(2 * components.length)
    expect(await install.field(definition, '{.metadata.annotations.vitrine\\.dev/release}')).to.equal(version)
  })

  it('loses no view when a process of each kind is killed, and is whole again by itself', async () => {
    const load = startPatientLoad('kills')
    for (const component of components) {
      const before = await restartsOf(component)
      // From outside, since nothing in a container can kill its first process; a pod that is deleted is asked to end.
      await script('in', ['pkill', '-KILL', '-o', '-f', `cmd/${component}/main.ts`])
      await until(`${component} is started again`, async () => (await restartsOf(component)) > before)
    }
    await expectNothingLost(load)
    const run = await install.runNow('products')
    expect(run.result, run.message).to.equal('Succeeded')
  })

  it('loses no view while no name can be looked up for 30 seconds, and is whole again by itself', async () => {
    const load = startPatientLoad('names')
    await sleep(2_000)
    const cut = script('pause', ['coredns', '30'])
    await sleep(1_000)
    expect(await lookUp('vitrine-kafka-bootstrap')).to.match(/^E/)
    // Processes that begin now know no address yet.
    for (const component of ['ingestor', 'loader', 'api']) {
      const [pod = ''] = await podsOf(component)
      await install.kubectl(['delete', pod, '--wait=false'])
    }
    await cut
    await expectNothingLost(load)
    expect(await lookUp('vitrine-kafka-bootstrap')).to.equal('found')
  })

  it('has no disk that could fill up: no pod can write anywhere', async () => {
    for (const component of components) {
      for (const file of ['/app/x', '/tmp/x', '/etc/vitrine/x']) {
        const said = await execute(component, `fs.writeFileSync('${file}', 'x'); console.log('written')`)
        expect(said, `${component}: ${file}`).to.be.oneOf(['EROFS', 'ENOENT'])
      }
    }
  })

  /** Retried as a shop retries, so that what counts is what was answered 202. */
  const startPatientLoad = (name: string) => startLoad({ ...served.address, perSecond: 50, name, again: 120 })

  async function expectNothingLost(load: Load): Promise<void> {
    await untilWhole()
    const { views, retries, failed, taken } = await load.stop()
    const lost = failed.filter(words => words.includes(': view '))
    tell(`${views} views, sent again ${retries} times; ${failed.length - lost.length} questions failed`)
    expect(lost).to.deep.equal([])
    await untilNoneIsMissing(taken)
  }

  const untilNoneIsMissing = (taken: Became['taken']) =>
    until('no view is missing', async () => (await missingViews(taken, served.shop.historyOf)).length === 0)

  const labelsOf = (component: string) =>
    `app.kubernetes.io/instance=vitrine,app.kubernetes.io/component=${component}`

  async function podsOf(component: string): Promise<string[]> {
    return (await install.kubectl(['get', 'pods', '-o', 'name', '-l', labelsOf(component)]))
      .trim()
      .split('\n')
  }

  async function restartsOf(component: string): Promise<number> {
    const path = 'jsonpath={.items[*].status.containerStatuses[0].restartCount}'
    const counts = await install.kubectl(['get', 'pods', '-l', labelsOf(component), '-o', path])
    return counts.split(' ').reduce((sum, count) => sum + Number(count), 0)
  }

  async function untilWhole(): Promise<void> {
    const ready = '{range .items[*]}{.spec.replicas}={.status.readyReplicas} {end}'
    await until(
      'all pods are ready',
      async () =>
        (await install.field('deployments', ready))
          .trim()
          .split(' ')
          .every(one => one.split('=')[0] === one.split('=')[1]),
      120_000,
    )
  }

  const lookUp = (name: string) =>
    execute('controller', `await require('dns').promises.lookup('${name}'); console.log('found')`)

  /** What some JavaScript prints in a pod of a component, or the code of its failure. */
  async function execute(component: string, body: string): Promise<string> {
    const program = `(async () => { ${body} })().catch(error => console.log(error.code))`
    return (
      await install.kubectl(['exec', `deployment/vitrine-${component}`, '--', 'node', '-e', program])
    ).trim()
  }
}
