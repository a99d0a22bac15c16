import { expect } from 'chai'
import { chartFolder } from '../../charts/render.ts'
import { startLoad } from '../../system/load.ts'
import { until } from '../../system/processes.ts'
import { openDatabases } from '../databases.ts'
import { helmVersion } from '../../charts/helm.ts'
import { testImage } from '../images.ts'
import { expectSameHistories, itServesAShop } from './every-install.ts'
import { prepareInstall } from './install.ts'
import type { Said } from '../../tools/command.ts'
import type { Databases } from '../databases.ts'

describe('helm install, with the event log and the store on PostgreSQL', function () {
  this.timeout(300_000)
  const install = prepareInstall()
  let databases: Databases
  let installed: Said

  // The very values that the README names.
  const shape = ['--values', `${chartFolder('vitrine')}/ci/postgres-only.yaml`]

  before(async () => {
    databases = install.opened.use(await openDatabases({ init: false }))
    await install.makeSecret('own-database', { uri: databases.fromCluster(databases.store) })
    await install.makeSecret('shop-database', { uri: databases.fromCluster(databases.shop) })
    installed = await install.install('vitrine', {}, { args: shape })
  })

  const served = itServesAShop(install, () => installed)

  it('tells how to reach it and try it', () => {
    expect(installed.stdout).to.include(`helm test vitrine -n ${install.namespace}`)
    expect(installed.stdout).to.include('get secret vitrine-first-key')
  })

  it('refuses whoever has no key', async () => {
    const { api } = served.address
    expect((await fetch(`${api}/v1/users/visitor-0/history`)).status).to.equal(401)
  })

  it('lets nobody keep answers about people, and shows metrics on a port of their own', async () => {
    const { ingestor, api, key } = served.address
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
    const { ingestor, key } = served.address
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
      const { items } = await served.shop.ask<{ items: unknown[] }>('/v1/rankings/best-sellers?window=90d')
      return items.length === 10
    })
  })

  it('goes back by itself when an upgrade does not become ready, and serves all the while', async () => {
    const back = (await helmVersion()) === 3 ? '--atomic' : '--rollback-on-failure'
    const unknown = { image: { tag: 'nobody-has-it' }, crds: { manage: false } }
    const load = startLoad({ ...served.address, perSecond: 20, name: 'back' })
    const upgraded = await install.install('vitrine', unknown, { args: [...shape, back, '--timeout=20s'] })
    expect(upgraded.ok).to.equal(false)
    expect((await load.stop()).failed).to.deep.equal([])
    const images = await install.field('deployments', '{.items[*].spec.template.spec.containers[*].image}')
    expect(new Set(images.split(' '))).to.deep.equal(new Set([testImage]))
    const [last] = (
      JSON.parse(await install.helm(['history', 'vitrine', '-o', 'json'])) as { status: string }[]
    ).slice(-1)
    expect(last?.status).to.equal('deployed')
  })

  it('leaves the views, the histories and the key when it is uninstalled, and finds them again', async () => {
    const key = await install.field('secret/vitrine-first-key', '{.data.key}')
    await install.helm(['uninstall', 'vitrine', '--wait'])
    await until('nothing is left but Secrets', async () => {
      const kinds = 'all,configmaps,etlschedules,roles,rolebindings,serviceaccounts,networkpolicies'
      const left = (await install.kubectl(['get', kinds, '-o', 'name'])).trim().split('\n')
      return left.join() === 'configmap/kube-root-ca.crt,serviceaccount/default'
    })
    expect((await install.install('vitrine', {}, { args: shape })).ok).to.equal(true)
    expect(await install.field('secret/vitrine-first-key', '{.data.key}')).to.equal(key)
    await expectSameHistories(install, served.views)
  })
})
