import { expect } from 'chai'
import { expectedHistories } from '../../system/clicks.ts'
import { until } from '../../system/processes.ts'
import { openDatabases } from '../databases.ts'
import { helmVersion } from '../../charts/helm.ts'
import { testImage } from '../images.ts'
import { prepareInstall } from './install.ts'
import { addressOf, openShop, visits } from './shop.ts'
import type { Said } from '../../tools/command.ts'
import type { Databases } from '../databases.ts'
import type { Shop } from './shop.ts'

describe('helm install, with the event log and the store on PostgreSQL', function () {
  this.timeout(300_000)
  const install = prepareInstall()
  let databases: Databases
  let installed: Said
  let shop: Shop

  const values = {
    eventLog: { engine: 'postgres' },
    store: { engine: 'postgres' },
    postgres: { urlSecret: { name: 'own-database' } },
    shop: { urlSecret: { name: 'shop-database' } },
    data: { name: '' },
    networkPolicy: { enabled: true },
  }

  before(async () => {
    databases = install.opened.use(await openDatabases({ init: false }))
    await install.makeSecret('own-database', { uri: databases.fromCluster(databases.store) })
    await install.makeSecret('shop-database', { uri: databases.fromCluster(databases.shop) })
    installed = await install.install('vitrine', values)
  })

  it('is done when all pods are ready, and the cluster has nothing to say against one', async () => {
    expect(installed.ok, installed.stderr).to.equal(true)
    expect(installed.stderr).not.to.match(/warning/i)
    const ready = await install.field(
      'pods',
      '{range .items[*]}{.metadata.labels.app\\.kubernetes\\.io/component}={.status.conditions[?(@.type=="Ready")].status} {end}',
    )
    expect(
      ready
        .trim()
        .split(' ')
        .filter(one => !one.startsWith('init'))
        .toSorted(),
    ).to.deep.equal([
      'api=True',
      'api=True',
      'controller=True',
      'ingestor=True',
      'ingestor=True',
      'loader=True',
      'loader=True',
    ])
  })

  it('tells how to reach it and try it', () => {
    expect(installed.stdout).to.include(`helm test vitrine -n ${install.namespace}`)
    expect(installed.stdout).to.include('get secret vitrine-first-key')
  })

  it('passes its own test, which says what it tried', async () => {
    const { ok, stdout, stderr } = await install.test()
    expect(ok, stdout + stderr).to.equal(true)
    if ((await helmVersion()) > 3) expect(stdout).to.include('ok: the visitor is forgotten')
  })

  it('takes views, and answers with histories and recommendations from them', async () => {
    shop = openShop(await addressOf(install))
    const views = visits(200, Date.now())
    await shop.send(views)
    const expected = expectedHistories(views)
    for (const user of ['visitor-0', 'visitor-77', 'visitor-199']) {
      await until(
        `the history of ${user}`,
        async () => (await shop.historyOf(user)).join() === expected.get(user)?.join(),
      )
      const { items } = await shop.ask<{ items: { productId: string; source: string; because: unknown }[] }>(
        `/v1/users/${user}/recommendations`,
      )
      const products = items.map(({ productId }) => productId)
      expect(new Set(products).size).to.equal(10)
      expect(products.filter(product => expected.get(user)?.includes(product))).to.deep.equal([])
      expect(items[0]?.source).to.equal('sessions')
      const latest = await shop.ask<{ products: string[]; type: string }>(
        '/api/v1/user_nav_history_latest_products/',
        {
          headers: { 'user-id': user },
        },
      )
      expect(latest).to.include({ type: 'personalized' })
      expect(latest.products).to.deep.equal(expected.get(user)?.slice(0, 10))
    }
  })

  it('refuses whoever has no key', async () => {
    const api = await install.reach('vitrine-api')
    expect((await fetch(`${api}/v1/users/visitor-0/history`)).status).to.equal(401)
  })

  it('lets nobody keep answers about people, and shows metrics on a port of their own', async () => {
    const { ingestor, api, key } = await addressOf(install)
    const headers = { authorization: `Bearer ${key}` }
    for (const path of ['/v1/users/visitor-0/history', '/v1/users/visitor-0/recommendations']) {
      const answer = await fetch(api + path, { headers })
      expect(answer.status).to.equal(200)
      expect(answer.headers.get('cache-control')).to.equal('no-store')
      expect(answer.headers.get('x-content-type-options')).to.equal('nosniff')
      expect(answer.headers.has('x-powered-by')).to.equal(false)
    }
    for (const path of ['/metrics', '/livez', '/readyz']) {
      expect((await fetch(api + path, { headers })).status, path).to.equal(404)
      expect((await fetch(ingestor + path, { headers })).status, path).to.equal(404)
    }
    const metrics = await fetch(`${await install.reach('vitrine-api', 'ops')}/metrics`)
    expect(await metrics.text()).to.include('vitrine_build_info')
  })

  it('refuses what is too large, in words', async () => {
    const { ingestor, key } = await addressOf(install)
    const answer = await fetch(`${ingestor}/v1/views`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ event: 'x'.repeat(2 ** 20) }),
    })
    expect(answer.status).to.equal(413)
    expect(await answer.json()).to.include({ code: 'too-large' })
  })

  it('brings orders by an EtlSchedule of its own, and answers with best sellers', async () => {
    const run = await install.runNow('orders')
    expect(run.result, run.message).to.equal('Succeeded')
    expect(run.rowsRead).to.be.above(0)
    await until('best sellers', async () => {
      const { items } = await shop.ask<{ items: unknown[] }>('/v1/rankings/best-sellers?window=90d')
      return items.length === 10
    })
  })

  it('goes back by itself when an upgrade does not become ready, and serves all the while', async () => {
    const back = (await helmVersion()) === 3 ? '--atomic' : '--rollback-on-failure'
    const unknown = { ...values, image: { tag: 'nobody-has-it' }, crds: { manage: false } }
    const failed = await install.install('vitrine', unknown, { args: [back, '--timeout=20s'] })
    expect(failed.ok).to.equal(false)
    expect(await shop.historyOf('visitor-77')).to.have.length(12)
    const images = await install.field('deployments', '{.items[*].spec.template.spec.containers[*].image}')
    expect(new Set(images.split(' '))).to.deep.equal(new Set([testImage]))
    const [last] = (
      JSON.parse(await install.helm(['history', 'vitrine', '-o', 'json'])) as { status: string }[]
    ).slice(-1)
    expect(last?.status).to.equal('deployed')
  })

  it('leaves the views, the histories and the key when it is uninstalled, and finds them again', async () => {
    const history = await shop.historyOf('visitor-77')
    const key = await install.field('secret/vitrine-first-key', '{.data.key}')
    await install.helm(['uninstall', 'vitrine', '--wait'])
    await until('nothing is left but Secrets', async () => {
      const kinds = 'all,configmaps,etlschedules,roles,rolebindings,serviceaccounts,networkpolicies'
      const left = (await install.kubectl(['get', kinds, '-o', 'name'])).trim().split('\n')
      return left.join() === 'configmap/kube-root-ca.crt,serviceaccount/default'
    })
    expect((await install.install('vitrine', values)).ok).to.equal(true)
    expect(await install.field('secret/vitrine-first-key', '{.data.key}')).to.equal(key)
    const again = openShop(await addressOf(install))
    expect(await again.historyOf('visitor-77')).to.deep.equal(history)
  })
})
