import { expect } from 'chai'
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { needHelm } from './helm.ts'
import { nameOf, objectsWithPods } from './practices.ts'
import { chartFolder, render } from './render.ts'
import { itKeepsWhatEveryChartPromises } from './every-chart.ts'
import { flowsOf, listedFlows, componentsOf } from './flows.ts'
import { shapes } from './shapes.ts'
import { wrongValues } from './wrong-values.ts'
import type { Part } from './render.ts'

describe('charts/vitrine', function () {
  this.timeout(60_000)
  before(function () {
    return needHelm(this)
  })

  itKeepsWhatEveryChartPromises('vitrine', wrongValues)

  it('gives a new init job its name where what it does changes, and only there', async () => {
    const name = async (values: object) => {
      const jobs = (await render('vitrine', { values })).filter(
        ({ kind, metadata }) => kind === 'Job' && !metadata.annotations,
      )
      return jobs.map(nameOf).join()
    }
    const usual = await name({})
    expect(usual).to.match(/^Job\/vitrine-init-[0-9a-f]{8}$/)
    expect(await name({ api: { replicas: 5 } })).to.equal(usual)
    expect(await name({ store: { historyTtl: '120d' } })).not.to.equal(usual)
    expect(await name({ image: { tag: '9.9.9' } })).not.to.equal(usual)
  })

  it('starts a controller anew where the runs of the ETL change', async () => {
    const annotation = async (values: object) =>
      (await render('vitrine', { values })).find(
        object => nameOf(object) === 'Deployment/vitrine-controller',
      )?.['spec'].template.metadata.annotations
    expect(await annotation({})).not.to.deep.equal(
      await annotation({ etl: { env: [{ name: 'A', value: 'b' }] } }),
    )
  })

  it('lets PostgreSQL be seen only by those who need it', async () => {
    const objects = await render('vitrine', { files: ['ci/default.yaml'] })
    const { containers } = objectsWithPods(objects)
    const withUrl = containers.filter(({ spec }) =>
      spec.env?.some(({ name }: { name: string }) => name === 'VITRINE_POSTGRES_URL_FILE'),
    )
    expect(withUrl.map(({ spec }) => spec.name)).to.have.members(['api', 'ingestor', 'init'])
    const defaults = objects.find(object => nameOf(object) === 'ConfigMap/vitrine-run-defaults')
    expect(defaults?.['data']['run-defaults.yaml']).not.to.include('POSTGRES')
  })

  it('names the engines of charts/vitrine-data where none are given', async () => {
    const objects = await render('vitrine', { values: { data: { name: 'corner' } } })
    const api = objectsWithPods(objects).pods.find(({ name }) => name === 'Deployment/vitrine-api')
    const env = Object.fromEntries(
      api?.spec.containers[0].env.map(({ name, value }: { name: string; value: string }) => [name, value]),
    )
    expect(env).to.include({
      VITRINE_KAFKA_BROKERS: 'corner-kafka-bootstrap:9093',
      VITRINE_KAFKA_USERNAME: 'corner-app',
      VITRINE_KAFKA_TLS: 'on',
      VITRINE_CASSANDRA_HOSTS: 'corner-dc1-service:9042',
    })
    const secrets = api?.spec.volumes.map(
      ({ secret }: { secret: { secretName: string } }) => secret.secretName,
    )
    expect(secrets).to.deep.equal([
      'corner-app',
      'corner-cluster-ca-cert',
      'corner-cassandra-superuser',
      'corner-pg-app',
      'corner-pg-ca',
    ])
  })

  it('lets the controller look at the Secrets that its EtlSchedules name, and at no others', async () => {
    const objects = await render('vitrine', { files: ['ci/production.yaml'] })
    const role = objects.find(object => nameOf(object) === 'Role/vitrine-controller')
    const named = role?.['rules'].find(({ resources }: { resources: string[] }) =>
      resources.includes('secrets'),
    )
    expect(named.resourceNames).to.deep.equal(['made-by-hand', 'second-shop-database', 'shop-database'])
  })

  it('lets through the network what docs/helm.md lists, and nothing else', async () => {
    for (const shape of await shapes('vitrine')) {
      const objects = await render('vitrine', { files: [shape] })
      const there = new Set(componentsOf(objects))
      const listed = (await listedFlows(shape)).filter(flow => there.has(flow.split(' ')[0] ?? ''))
      expect(flowsOf(objects).toSorted(), shape).to.deep.equal(listed.toSorted())
    }
  })

  it('lets in whom its values name, its own test, and nobody else', async () => {
    const objects = await render('vitrine', { files: ['ci/production.yaml'] })
    const peers = (component: string, port: string) =>
      objects
        .find(object => nameOf(object) === `NetworkPolicy/vitrine-${component}`)
        ?.['spec'].ingress.filter((rule: Part) => rule.ports[0].port === port)
        .flatMap(({ from }: Part) => from)
        .map(({ namespaceSelector, podSelector }: Part) =>
          Object.values((namespaceSelector ?? podSelector).matchLabels).at(-1),
        )
    for (const component of ['ingestor', 'api'])
      expect(peers(component, 'http')).to.deep.equal(['storefront', 'test'])
    for (const component of ['ingestor', 'loader', 'api', 'controller']) {
      expect(peers(component, 'ops'), component).to.deep.equal(['monitoring'])
    }
  })

  it('is listed with all that Artifact Hub asks of a chart with an operator', async () => {
    const { annotations, ...chart } = parse(await readFile(`${chartFolder('vitrine')}/Chart.yaml`, 'utf8'))
    for (const about of [
      'category',
      'changes',
      'containsSecurityUpdates',
      'crds',
      'crdsExamples',
      'images',
      'license',
      'links',
    ]) {
      expect(annotations).to.have.property(`artifacthub.io/${about}`)
    }
    for (const about of [
      'maintainers',
      'operator',
      'operatorCapabilities',
      'prerelease',
      'recommendations',
    ]) {
      expect(annotations).to.have.property(`artifacthub.io/${about}`)
    }
    for (const value of Object.values(annotations)) expect(value).to.be.a('string')
    expect(parse(annotations['artifacthub.io/changes'])[0].description.length).to.be.above(10)
    const [{ kind, version }] = parse(annotations['artifacthub.io/crds'])
    const crd = parse(await readFile(`${chartFolder('vitrine')}/crds/etlschedules.vitrine.dev.yaml`, 'utf8'))
    expect(crd.spec.names.kind).to.equal(kind)
    expect(crd.spec.versions[0].name).to.equal(version)
    expect(chart.version).to.equal(chart.appVersion)
  })
})
