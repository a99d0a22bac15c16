import { expect } from 'chai'
import { topics } from '#internal/eventlog/topics.ts'
import { itKeepsWhatEveryChartPromises } from './every-chart.ts'
import { needHelm } from './helm.ts'
import { nameOf } from './practices.ts'
import { render } from './render.ts'
import type { WrongValues } from './every-chart.ts'

/** Values that are wrong, and what the refusal must name. */
const wrongValues: WrongValues = [
  ['a size that there is not', { size: 'huge' }, ['/size', 'production']],
  ['a mode that there is not', { kafka: { mode: 'managed' } }, ['/kafka/mode', 'operator']],
  ['a value that there is not', { redis: {} }, ['redis']],
  ['a name that Kubernetes would refuse', { name: 'My Shop' }, ['/name', 'pattern']],
  ['a disk without a unit', { kafka: { storage: { size: '100' } } }, ['/kafka/storage/size']],
  ['a version that is none', { cassandra: { version: '5' } }, ['/cassandra/version']],
  ['no nodes', { cassandra: { nodes: 0 } }, ['/cassandra/nodes']],
  [
    'a production of two nodes',
    { size: 'production', cassandra: { nodes: 2 } },
    ['cassandra.nodes', '3 nodes'],
  ],
  [
    'a production of one instance',
    { size: 'production', postgres: { instances: 1 } },
    ['postgres.instances'],
  ],
  [
    'backups to nowhere, of Cassandra',
    { cassandra: { backups: { enabled: true } } },
    ['cassandra.backups.storage.bucketName'],
  ],
  [
    'backups to nowhere, of PostgreSQL',
    { postgres: { backups: { enabled: true } } },
    ['postgres.backups.objectStore'],
  ],
  [
    'backups of what is elsewhere',
    { postgres: { mode: 'external', backups: { enabled: true, objectStore: 'a' } } },
    ['postgres.mode is external'],
  ],
  [
    'a time of backups without seconds',
    { postgres: { backups: { schedule: '30 12 2 * *' } } },
    ['postgres.backups.schedule', 'six'],
  ],
  [
    'deletions that go before what they delete',
    { kafka: { retentionDays: 100 } },
    ['kafka.changesRetentionDays'],
  ],
  [
    'a Secret for a demo that is not there',
    { postgres: { demoShop: false, demoShopSecret: 'a' } },
    ['postgres.demoShopSecret'],
  ],
]

describe('charts/vitrine-data', function () {
  this.timeout(60_000)
  before(function () {
    return needHelm(this)
  })

  // The passwords that it makes differ each time.
  const settled = (text: string) => text.replaceAll(/^( {2}(?:password|uri): ).+$/gm, '$1(made)')
  itKeepsWhatEveryChartPromises('vitrine-data', wrongValues, settled)

  it('keeps all that carries data when it is uninstalled, and the passwords to it', async () => {
    for (const shape of ['ci/dev.yaml', 'ci/production.yaml']) {
      const objects = await render('vitrine-data', { files: [shape] })
      const kept = ({ metadata }: { metadata: { annotations?: Readonly<Record<string, string>> } }) =>
        metadata.annotations?.['helm.sh/resource-policy'] === 'keep'
      const others = ['PodMonitor', 'ServiceMonitor', 'ScheduledBackup', 'MedusaBackupSchedule']
      expect(
        objects.filter(object => kept(object) === others.includes(object.kind)).map(nameOf),
      ).to.deep.equal([])
      const cassandra = objects.find(({ kind }) => kind === 'K8ssandraCluster')
      expect(cassandra?.['spec'].cassandra.metadata.annotations).to.deep.equal({
        'cassandra.datastax.com/delete-pvc': 'false',
      })
      for (const pool of objects.filter(({ kind }) => kind === 'KafkaNodePool')) {
        expect(pool['spec'].storage.volumes[0].deleteClaim).to.equal(false)
      }
    }
    const given = await render('vitrine-data', { values: { retainOnUninstall: false } })
    expect(given.filter(({ metadata }) => metadata.annotations !== undefined)).to.deep.equal([])
  })

  it('has the topics that vitrine init would make', async () => {
    const objects = await render('vitrine-data')
    const made = objects
      .filter(({ kind }) => kind === 'KafkaTopic')
      .map(({ metadata, spec }) => ({
        name: metadata.name,
        partitions: spec.partitions,
        retentionMs: spec.config['retention.ms'],
        maxRecordBytes: spec.config['max.message.bytes'],
      }))
    expect(made).to.deep.equal(topics({ partitions: 6, historyTtlMs: 90 * 86_400_000 }))
    for (const { spec } of objects.filter(({ kind }) => kind === 'KafkaTopic')) {
      expect(spec.config['message.timestamp.type']).to.equal('LogAppendTime')
    }
  })

  it('keeps what is acknowledged on two machines in production', async () => {
    const objects = await render('vitrine-data', { files: ['ci/production.yaml'] })
    const spec = (kind: string, name: string) =>
      objects.find(one => one.kind === kind && one.metadata.name === name)?.['spec']
    expect(spec('KafkaNodePool', 'broker').replicas).to.equal(3)
    expect(spec('KafkaNodePool', 'controller').replicas).to.equal(3)
    expect(spec('Kafka', 'vitrine').kafka.config).to.include({
      'default.replication.factor': 3,
      'min.insync.replicas': 2,
    })
    expect(spec('KafkaTopic', 'product-views')).to.deep.include({ replicas: 3, partitions: 24 })
    expect(spec('K8ssandraCluster', 'vitrine').cassandra.datacenters[0].size).to.equal(3)
    expect(spec('Cluster', 'vitrine-pg').instances).to.equal(3)
    expect(spec('Cluster', 'vitrine-pg').postgresql.synchronous).to.include({ method: 'any', number: 1 })
  })

  it('makes nothing of engines that are elsewhere or not used', async () => {
    expect(await render('vitrine-data', { files: ['ci/external.yaml'] })).to.deep.equal([])
    const objects = await render('vitrine-data', { files: ['ci/postgres-only.yaml'] })
    expect(objects.map(({ apiVersion }) => apiVersion.split('/')[0]))
      .to.include('postgresql.cnpg.io')
      .and.not.include('kafka.strimzi.io')
  })
})
