import { expect } from 'chai'
import { env } from 'node:process'
import { render } from '../../charts/render.ts'
import { until } from '../../system/processes.ts'
import { tryCommand } from '../../tools/command.ts'
import { auditedRights, rightsOf } from '../audit.ts'
import { expectSameHistories, itServesAShop } from './every-install.ts'
import { prepareInstall } from './install.ts'
import { itIsMonitored } from './monitored.ts'
import { needOperatorKinds } from './operator-kinds.ts'
import { standInForOperators, standInsProblem } from './stand-ins.ts'
import { itBearsTroubles } from './troubles.ts'
import type { Said } from '../../tools/command.ts'
import type { Rule } from '../audit.ts'
import type { StandIns } from './stand-ins.ts'

/** What the Cassandra of the tests calls its data center. */
const dataCenter = 'datacenter1'

const values = {
  monitoring: { serviceMonitor: { enabled: true }, rules: { enabled: true }, dashboards: { enabled: true } },
  store: { cassandra: { datacenter: dataCenter } },
  shop: { urlSecret: { name: 'vitrine-shop' }, caSecret: { name: 'vitrine-pg-ca' } },
}

/** The same engines, named one by one. */
const valuesByName = {
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
}

describe('helm install of both charts, with Kafka, Cassandra and PostgreSQL under the names that operators give them, and no password that anybody copied', function () {
  this.timeout(300_000)
  const install = prepareInstall()
  let engines: StandIns
  let installed: Said

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

  const served = itServesAShop(install, () => installed)

  it('is filled with a made-up shop by a script', async () => {
    const environment = { ...env, NAMESPACE: install.namespace, USERS: '100' }
    const { ok, stdout, stderr } = await tryCommand('k8s-dev/demo.sh', [], {
      env: environment,
      timeoutMs: 180_000,
    })
    expect(ok, stderr).to.equal(true)
    expect(stdout).to.match(/"accepted":[1-9]/)
  })

  it('brings orders from the demo shop, whose server proves itself', async () => {
    for (const schedule of ['orders', 'products']) {
      const rows = '{.status.recentRuns[?(@.result=="Succeeded")].rowsRead}'
      const read = async () => Number((await install.field(`etlschedule/${schedule}`, rows)).split(' ')[0])
      await until(`a run of ${schedule} that succeeded`, async () => (await read()) > 0, 120_000)
    }
  })

  itIsMonitored(install, served, () => engines.kafka.plainBroker)

  itBearsTroubles(install, served, { ...values, logLevel: 'warn' })

  it('gives no account a right that it does not use, and none lacks one', async () => {
    const objects = await render('vitrine', { values })
    const accounts = objects
      .filter(({ kind }) => kind === 'ServiceAccount')
      .map(({ metadata }) => metadata.name)
    expect(accounts).to.include.members(['vitrine-api', 'vitrine-init', 'vitrine-crds'])
    for (const account of accounts) {
      // What the controller uses is tried with all that can become of an EtlSchedule, elsewhere.
      if (account === 'vitrine-controller') continue
      const component = account.slice('vitrine-'.length)
      const rules = objects
        .filter(
          ({ kind, metadata }) =>
            kind.endsWith('Role') && metadata.labels?.['app.kubernetes.io/component'] === component,
        )
        .flatMap(object => object['rules'] as Rule[])
      const { asked, refused } = await auditedRights(install.namespace, account)
      expect(refused, account).to.deep.equal([])
      expect([...asked], account).to.have.members([...rightsOf(rules)])
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
    const password = () => install.field('secret/vitrine-cassandra-superuser', '{.data.password}')
    const before = await password()
    const external = { mode: 'external' }
    const data = await install.install('vitrine-data', {
      kafka: external,
      cassandra: external,
      postgres: external,
    })
    expect(data.ok, data.stderr).to.equal(true)
    expect(data.stdout).to.include('eventLog.kafka.brokers')
    expect(await password()).to.equal(before)
    const again = await install.install('vitrine', valuesByName)
    expect(again.ok, again.stderr).to.equal(true)
    await expectSameHistories(install, served.views)
  })
})
