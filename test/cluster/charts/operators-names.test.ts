import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { env } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createKafkaClient } from '#internal/kafka/client.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { expectedHistories } from '../../system/clicks.ts'
import { until } from '../../system/processes.ts'
import { readBoards, targetsOf } from '../../monitoring/boards.ts'
import { metricsIn } from '../../monitoring/documented.ts'
import { toolOrSkip } from '../../tools/tools.ts'
import { startPrometheus } from './prometheus.ts'
import { render } from '../../charts/render.ts'
import { version } from '../../../cmd/shared/service.ts'
import { auditedRights, rightsOf } from '../audit.ts'
import { tell } from '../measured.ts'
import { script } from '../scripts.ts'
import { missingViews, startLoad } from '../../system/load.ts'
import { prepareInstall } from './install.ts'
import { needOperatorKinds } from './operator-kinds.ts'
import { addressOf, openShop, visits } from './shop.ts'
import { standInForOperators, standInsProblem } from './stand-ins.ts'
import type { Said } from '../../tools/command.ts'
import type { WireView } from '../../system/clicks.ts'
import type { Prometheus } from './prometheus.ts'
import type { Rule } from '../audit.ts'
import type { Became, Load } from '../../system/load.ts'
import type { Shop, ShopAddress } from './shop.ts'
import type { StandIns } from './stand-ins.ts'

/** What the Cassandra of the tests calls its data center. */
const dataCenter = 'datacenter1'

const values = {
  monitoring: { serviceMonitor: { enabled: true }, rules: { enabled: true }, dashboards: { enabled: true } },
  store: { cassandra: { datacenter: dataCenter } },
  shop: { urlSecret: { name: 'vitrine-shop' }, caSecret: { name: 'vitrine-pg-ca' } },
}

describe('helm install of both charts, with Kafka, Cassandra and PostgreSQL under the names that operators give them', function () {
  this.timeout(300_000)
  const install = prepareInstall()
  let engines: StandIns
  let installed: Said
  let shop: Shop
  let shopAt: ShopAddress
  let prometheus: Prometheus
  let scraped: Load
  let firstViews: WireView[]

  before(async function () {
    const problem = await standInsProblem()
    if (problem !== null) {
      process.stdout.write(`\nSKIPPED: ${problem}\n`)
      return this.skip()
    }
    await needOperatorKinds(this)
    const data = await install.install(
      'vitrine-data',
      { cassandra: { datacenter: dataCenter } },
      { wait: false },
    )
    expect(data.ok, data.stderr).to.equal(true)
    engines = await standInForOperators(install, dataCenter)
    installed = await install.install('vitrine', values)
  })

  it('needs no password that anybody copied, and is done when all pods are ready', () => {
    expect(installed.ok, installed.stderr).to.equal(true)
    expect(installed.stderr).not.to.match(/warning/i)
  })

  it('passes its own test', async () => {
    const { ok, stdout, stderr } = await install.test()
    expect(ok, stdout + stderr).to.equal(true)
  })

  it('takes views, and answers with histories and recommendations from them', async () => {
    shopAt = await addressOf(install)
    shop = openShop(shopAt)
    firstViews = visits(200, Date.now())
    await shop.send(firstViews)
    const expected = expectedHistories(firstViews)
    for (const user of ['visitor-3', 'visitor-120']) {
      await until(
        `the history of ${user}`,
        async () => (await shop.historyOf(user)).join() === expected.get(user)?.join(),
      )
      const { items } = await shop.ask<{ items: { productId: string; source: string }[] }>(
        `/v1/users/${user}/recommendations`,
      )
      expect(new Set(items.map(({ productId }) => productId)).size).to.equal(10)
      expect(items[0]?.source).to.equal('sessions')
    }
  })

  it('is filled with a made-up shop by a script', async () => {
    const demo = promisify(execFile)
    const environment = { ...env, NAMESPACE: install.namespace, USERS: '100' }
    const { stdout } = await demo('k8s-dev/demo.sh', [], { env: environment, timeout: 180_000 })
    expect(stdout).to.match(/"accepted":[1-9]/)
  })

  it('brings orders from the demo shop, whose server proves itself', async () => {
    for (const schedule of ['orders', 'products']) {
      const rows = () =>
        install.field(`etlschedule/${schedule}`, '{.status.recentRuns[?(@.result=="Succeeded")].rowsRead}')
      await until(
        `a run of ${schedule} that succeeded`,
        async () => Number((await rows()).split(' ')[0]) > 0,
        120_000,
      )
    }
  })

  it('is scraped by a Prometheus through its monitors, which finds every process by its Service', async function () {
    const program = await toolOrSkip('prometheus', this)
    prometheus = await startPrometheus(install, program)
    await makeMishaps()
    scraped = startLoad({ ...shopAt, perSecond: 100, name: 'scraped' })
    await sleep(25_000)
    const targets = await prometheus.targets()
    const jobs = [
      'vitrine-api',
      'vitrine-api',
      'vitrine-controller',
      'vitrine-ingestor',
      'vitrine-ingestor',
      'vitrine-loader',
      'vitrine-loader',
    ]
    expect(targets.map(({ job }) => job).toSorted((a, b) => a.localeCompare(b))).to.deep.equal(jobs)
    expect(targets.filter(({ health }) => health !== 'up')).to.deep.equal([])
  })

  it('shows every metric that a dashboard or an alert names', async () => {
    const names = await prometheus.names()
    const rules = JSON.parse(await install.field('prometheusrule/vitrine', '{.spec.groups}')) as {
      rules: { expr: string }[]
    }[]
    const asked = [
      ...targetsOf(await readBoards()).map(({ expr }) => expr),
      ...rules.flatMap(group => group.rules.map(({ expr }) => expr)),
    ]
    const unknown = new Set(
      asked.flatMap(metricsIn).filter(name => !names.has(name) && !names.has(`${name}_count`)),
    )
    expect([...unknown]).to.deep.equal([])
  })

  it('gives the dashboards data for every question under load', async () => {
    const silent: string[] = []
    for (const { where, expr } of targetsOf(await readBoards())) {
      const asked = expr
        .replaceAll('$namespace', install.namespace)
        .replaceAll(/\$(job|instance)/g, '.+')
        .replaceAll('$__rate_interval', '30s')
      if ((await prometheus.query(asked)).length === 0) silent.push(`${where}: ${asked}`)
    }
    expect(silent).to.deep.equal([])
  })

  it('raises no alert while all is well', async () => {
    expect(await prometheus.firing()).to.deep.equal([])
    expect((await scraped.stop()).failed).to.deep.equal([])
  })

  it('is upgraded under 200 views and 200 questions a second: no request fails, and no view is lost', async () => {
    // As if the definition were that of a release before.
    await install.kubectl([
      'annotate',
      '--overwrite',
      'crd/etlschedules.vitrine.dev',
      'vitrine.dev/release=0.0.1',
    ])
    const load = startLoad({ ...shopAt, perSecond: 200, name: 'upgrade' })
    await sleep(5_000)
    const upgraded = await install.install('vitrine', { ...values, logLevel: 'warn' })
    expect(upgraded.ok, upgraded.stderr).to.equal(true)
    await sleep(15_000)
    const { views, questions, failed, taken } = await load.stop()
    tell(`${views} views, ${questions} questions, ${failed.length} failed`)
    expect(failed).to.deep.equal([])
    await untilNoneIsMissing(taken)
    const rolled = await install.kubectl(['get', 'replicasets', '-o', 'name'])
    expect(rolled.trim().split('\n').length).to.be.at.least(8)
    expect(
      await install.field('crd/etlschedules.vitrine.dev', '{.metadata.annotations.vitrine\\.dev/release}'),
    ).to.equal(version)
  })

  it('gives no account a right that it does not use, and none lacks one', async () => {
    const objects = await render('vitrine', { values })
    const accounts = objects
      .filter(({ kind }) => kind === 'ServiceAccount')
      .map(({ metadata }) => metadata.name)
    expect(accounts).to.include.members(['vitrine-api', 'vitrine-init', 'vitrine-crds'])
    for (const account of accounts) {
      // What the controller uses is tried with all that can become of an EtlSchedule, elsewhere.
      if (account === 'vitrine-controller') continue
      const rules = objects
        .filter(
          ({ kind, metadata }) =>
            kind.endsWith('Role') &&
            metadata.labels?.['app.kubernetes.io/component'] === account.slice('vitrine-'.length),
        )
        .flatMap(object => object['rules'] as Rule[])
      const { asked, refused } = await auditedRights(install.namespace, account)
      expect(refused, account).to.deep.equal([])
      expect([...asked].toSorted(), account).to.deep.equal([...rightsOf(rules)].toSorted())
    }
  })

  /** Retried as a shop retries, so that what counts is what was answered 202. */
  const startPatientLoad = (name: string) => startLoad({ ...shopAt, perSecond: 50, name, again: 120 })

  it('loses no view when a pod of each kind is killed, and is whole again by itself', async () => {
    const load = startPatientLoad('kills')
    for (const component of ['ingestor', 'loader', 'api', 'controller']) {
      const [pod = ''] = (await install.kubectl(['get', 'pods', '-o', 'name', '-l', ofComponent(component)]))
        .trim()
        .split('\n')
      await install.kubectl(['delete', pod, '--grace-period=0', '--force'])
      await sleep(3_000)
    }
    await untilWhole()
    const { views, failed, taken } = await load.stop()
    tell(`${views} views, ${failed.length} requests failed meanwhile`)
    expect(failed.filter(words => words.includes('view'))).to.deep.equal([])
    await untilNoneIsMissing(taken)
    const run = await install.runNow('products')
    expect(run.result, run.message).to.equal('Succeeded')
  })

  it('loses no view while no name can be looked up for 30 seconds, and is whole again by itself', async () => {
    const load = startPatientLoad('names')
    await sleep(2_000)
    await script('pause', ['coredns', '30'])
    await untilWhole()
    const { views, failed, taken } = await load.stop()
    tell(`${views} views, ${failed.length} requests failed meanwhile`)
    expect(failed.filter(words => words.includes('view'))).to.deep.equal([])
    await untilNoneIsMissing(taken)
    await shop.send(visits(10, Date.now()))
  })

  it('has no disk that could fill up: no pod can write anywhere', async () => {
    for (const component of ['ingestor', 'loader', 'api', 'controller']) {
      const write =
        "try { fs.writeFileSync(process.argv[1], 'x'); console.log('written') } catch (error) { console.log(error.code) }"
      for (const file of ['/app/x', '/tmp/x', '/etc/vitrine/x']) {
        const said = await install.kubectl([
          'exec',
          `deployment/vitrine-${component}`,
          '--',
          'node',
          '-e',
          write,
          file,
        ])
        expect(said.trim(), `${component}: ${file}`).to.be.oneOf(['EROFS', 'ENOENT'])
      }
    }
  })

  it('leaves what carries data when both charts are uninstalled', async () => {
    await install.helm(['uninstall', 'vitrine', '--wait'])
    const gone = await install.helm(['uninstall', 'vitrine-data'])
    expect(gone).to.include('KafkaTopic').and.to.include('resource policy')
    const kinds =
      'kafkas,kafkanodepools,kafkatopics,kafkausers,k8ssandraclusters,clusters.postgresql.cnpg.io,databases.postgresql.cnpg.io,secrets'
    const left = (await install.kubectl(['get', kinds, '-o', 'name'])).trim().split('\n')
    expect(left).to.include.members([
      'kafka.kafka.strimzi.io/vitrine',
      'kafkanodepool.kafka.strimzi.io/dual',
      'kafkatopic.kafka.strimzi.io/product-views',
      'kafkatopic.kafka.strimzi.io/history-changes',
      'k8ssandracluster.k8ssandra.io/vitrine',
      'cluster.postgresql.cnpg.io/vitrine-pg',
      'database.postgresql.cnpg.io/vitrine-shop',
      'secret/vitrine-cassandra-superuser',
      'secret/vitrine-shop',
      'secret/vitrine-first-key',
    ])
  })

  it('is taken over again with engines named one by one, which charts/vitrine-data calls external, and nothing is lost', async () => {
    const password = await install.field('secret/vitrine-cassandra-superuser', '{.data.password}')
    const external = { mode: 'external' }
    const data = await install.install('vitrine-data', {
      kafka: external,
      cassandra: external,
      postgres: external,
    })
    expect(data.ok, data.stderr).to.equal(true)
    expect(data.stdout).to.include('eventLog.kafka.brokers')
    expect(await install.field('secret/vitrine-cassandra-superuser', '{.data.password}')).to.equal(password)
    const again = await install.install('vitrine', {
      ...values,
      data: { name: '' },
      eventLog: {
        kafka: {
          brokers: ['vitrine-kafka-bootstrap:9093'],
          username: 'vitrine-app',
          passwordSecret: { name: 'vitrine-app' },
          caSecret: { name: 'vitrine-cluster-ca-cert' },
        },
      },
      store: {
        cassandra: {
          hosts: [`vitrine-${dataCenter}-service:9042`],
          datacenter: dataCenter,
          loginSecret: { name: 'vitrine-cassandra-superuser' },
        },
      },
      postgres: { urlSecret: { name: 'vitrine-pg-app' }, caSecret: { name: 'vitrine-pg-ca' } },
    })
    expect(again.ok, again.stderr).to.equal(true)
    const reopened = openShop(await addressOf(install))
    expect(await reopened.historyOf('visitor-3')).to.deep.equal(
      expectedHistories(firstViews).get('visitor-3'),
    )
  })

  /** What seldom happens, and has metrics of its own: a view that is refused, a record that nobody understands, a key that nobody has. */
  async function makeMishaps(): Promise<void> {
    const { authorization, ...anonymous } = {
      authorization: `Bearer ${shopAt.key}`,
      'content-type': 'application/json',
    }
    const post = (headers: Record<string, string>, body: string) =>
      fetch(`${shopAt.ingestor}/v1/views`, { method: 'POST', headers, body })
    expect((await post({ authorization, ...anonymous }, '{"event":"ProductView"}')).status).to.equal(400)
    expect((await post(anonymous, '{}')).status).to.equal(401)
    await using producer = createKafkaClient({
      brokers: [engines.kafka.plainBroker],
      clientId: 'mishap',
      logger,
    }).producer({
      partition: () => 0,
      compression: 'none',
    })
    await producer.send([
      {
        topic: 'product-views',
        messages: [{ key: 'someone', value: Buffer.from('what is this'), headers: {} }],
      },
    ])
  }

  const ofComponent = (component: string) =>
    `app.kubernetes.io/instance=vitrine,app.kubernetes.io/component=${component}`

  const untilNoneIsMissing = (taken: Became['taken']) =>
    until(
      'no view is missing',
      async () => (await missingViews(taken, user => shop.historyOf(user))).length === 0,
    )

  async function untilWhole(): Promise<void> {
    const deployments = ['ingestor', 'loader', 'api', 'controller'].map(
      component => `deployment/vitrine-${component}`,
    )
    await install.kubectl(['wait', '--for=condition=Available', '--timeout=120s', ...deployments])
    await until('all pods are ready', async () => {
      const ready = await install.field(
        'deployments',
        '{range .items[*]}{.spec.replicas}={.status.readyReplicas} {end}',
      )
      return ready
        .trim()
        .split(' ')
        .every(one => one.split('=')[0] === one.split('=')[1])
    })
  }
})
