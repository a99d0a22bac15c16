import { randomBytes } from 'node:crypto'
import { chmod, readFile } from 'node:fs/promises'
import { connectCassandra } from '#internal/cassandra/client.ts'
import { createKafkaClient } from '#internal/kafka/client.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { cassandraProblem, firstUser, startCassandraWithLogin } from '../../engines/cassandra.ts'
import { createAuthorities } from '../../engines/certificates.ts'
import { kafkaProblem, startSecureKafka } from '../../engines/kafka.ts'
import { startSecurePostgres } from '../../engines/postgres-tls.ts'
import { hostFromCluster } from '../databases.ts'
import { startScript } from '../scripts.ts'
import type { TestCassandra } from '../../engines/cassandra.ts'
import type { KafkaRight, SecureKafka } from '../../engines/kafka.ts'
import type { SecurePostgres } from '../../engines/postgres-tls.ts'
import type { Install } from './install.ts'

/** Real engines beside the cluster, in the place of those that operators would have made. */
export interface StandIns {
  readonly kafka: SecureKafka
  readonly cassandra: TestCassandra
  readonly postgres: SecurePostgres
}

/** Why the engines cannot run on this machine, in words; `null` when they can. */
export const standInsProblem = async () => (await kafkaProblem()) ?? cassandraProblem()

/**
 * Does what operators do with the resources of charts/vitrine-data that are there: engines answer under the names of Services, with the
 * users, passwords, rights and topics that the resources ask for, and Secrets tell of them.
 */
export async function standInForOperators(install: Install, dataCenter: string): Promise<StandIns> {
  const { opened } = install
  const { folder, ours } = await createAuthorities(opened)
  // As root PostgreSQL has another user, which must reach the folder.
  await chmod(folder, 0o755)
  const ca = { 'ca.crt': await readFile(ours.caFile, 'utf8') }
  const newPassword = () => randomBytes(12).toString('hex')

  async function standInForStrimzi(): Promise<SecureKafka> {
    const bootstrap = 'vitrine-kafka-bootstrap'
    const user = { username: 'vitrine-app', password: newPassword() }
    const rights = JSON.parse(
      await install.field('kafkauser/vitrine-app', '{.spec.authorization.acls}'),
    ) as KafkaRight[]
    const certificate = await ours.issue(bootstrap)
    const kafka = opened.use(
      await startSecureKafka(`${folder}/kafka`, certificate, user, {
        advertised: `${bootstrap}:9093`,
        rights,
      }),
    )
    const topics = JSON.parse(await install.kubectl(['get', 'kafkatopics', '-o', 'json'])) as {
      items: KafkaTopic[]
    }
    await using admin = createKafkaClient({
      brokers: [kafka.plainBroker],
      clientId: 'stand-in',
      logger,
    }).admin
    for (const { metadata, spec } of topics.items) {
      const config = Object.fromEntries(
        Object.entries(spec.config).map(([key, value]) => [key, String(value)]),
      )
      const { partitions, replicas: replicationFactor } = spec
      await admin.createTopic({ name: metadata.name, partitions, replicationFactor, config })
    }
    await install.makeSecret('vitrine-app', { password: user.password })
    await install.makeSecret('vitrine-cluster-ca-cert', ca)
    await answerAs(bootstrap, 9093, kafka.securePort)
    return kafka
  }

  async function standInForK8ssandra(): Promise<TestCassandra> {
    const cassandra = opened.use(await startCassandraWithLogin(`${folder}/cassandra`))
    const secret = await install.field(
      'k8ssandracluster/vitrine',
      '{.spec.cassandra.superuserSecretRef.name}',
    )
    const value = async (key: string) =>
      Buffer.from(await install.field(`secret/${secret}`, `{.data.${key}}`), 'base64').toString()
    await using admin = connectCassandra({
      contactPoints: [cassandra.contactPoint],
      localDataCenter: cassandra.dataCenter,
      keyspace: 'system',
      replication: 1,
      applicationName: 'stand-in',
      login: { username: firstUser, password: () => firstUser },
      logger,
    })
    await admin.execute(
      `CREATE ROLE "${await value('username')}" WITH PASSWORD = '${await value('password')}' AND LOGIN = true AND SUPERUSER = true`,
    )
    await answerAs(`vitrine-${dataCenter}-service`, 9042, portOf(cassandra.contactPoint))
    return cassandra
  }

  async function standInForCloudNativePg(): Promise<SecurePostgres> {
    const postgres = opened.use(
      await startSecurePostgres(
        folder,
        await ours.issue('vitrine-pg-rw', 30, [`vitrine-pg-rw.${install.namespace}`]),
      ),
    )
    const { database, owner } = JSON.parse(
      await install.field('cluster.postgresql.cnpg.io/vitrine-pg', '{.spec.bootstrap.initdb}'),
    ) as {
      database: string
      owner: string
    }
    // The server's own first user has this name, too.
    const { password } = new URL(postgres.server.url(database))
    const shopPassword = Buffer.from(
      await install.field('secret/vitrine-shop', '{.data.password}'),
      'base64',
    ).toString()
    await postgres.admin.execute(`CREATE DATABASE ${database} OWNER ${owner}`)
    await postgres.admin.execute(`CREATE ROLE shop LOGIN PASSWORD '${shopPassword}'`)
    await postgres.admin.execute('CREATE DATABASE shop OWNER shop')
    await install.makeSecret('vitrine-pg-app', {
      uri: `postgresql://${owner}:${password}@vitrine-pg-rw:5432/${database}`,
    })
    await install.makeSecret('vitrine-pg-ca', ca)
    await answerAs('vitrine-pg-rw', 5432, postgres.server.port)
    return postgres
  }

  /** A Service whose one endpoint is a port of this machine. */
  async function answerAs(name: string, port: number, local: number): Promise<void> {
    opened.use(startScript('forward', ['--in', String(local)]))
    await install.kubectl(['create', '-f', '-'], {
      apiVersion: 'v1',
      kind: 'List',
      items: [service(name, port), endpoint(name, local)],
    })
  }

  const kafka = await standInForStrimzi()
  const cassandra = await standInForK8ssandra()
  const postgres = await standInForCloudNativePg()
  return { kafka, cassandra, postgres }
}

interface KafkaTopic {
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly partitions: number
    readonly replicas: number
    readonly config: Readonly<Record<string, unknown>>
  }
}

const portOf = (address: string) => Number(address.split(':')[1])

const service = (name: string, port: number) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { ports: [{ name: 'engine', port }] },
})

const endpoint = (name: string, port: number) => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: `${name}-beside`, labels: { 'kubernetes.io/service-name': name } },
  addressType: 'IPv4',
  ports: [{ name: 'engine', port }],
  endpoints: [{ addresses: [hostFromCluster] }],
})
