import { expect } from 'chai'
import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connectCassandra } from '#internal/cassandra/client.ts'
import { Unavailable } from '#internal/errors/errors.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { rereadable } from '../../cmd/shared/logins.ts'
import { createAuthorities } from '../engines/certificates.ts'
import { cassandraProblem, firstUser, startSecureCassandra } from '../engines/cassandra.ts'
import { until } from '../system/processes.ts'
import type { Cassandra, CassandraOptions } from '#internal/cassandra/client.ts'
import type { Authority, Certificate } from '../engines/certificates.ts'
import type { TestCassandra } from '../engines/cassandra.ts'

describe('Cassandra that must prove itself, and asks for a login', function () {
  this.timeout(180_000)
  let opened: AsyncDisposableStack
  let folder: string
  let node: TestCassandra
  let ours: Authority
  let others: Authority
  let shown: Certificate
  let mounted: { caFile: string; passwordFile: string }

  const login = { username: firstUser, password: () => firstUser }
  /** Read anew at each connection, as a process does. */
  const accessByFiles = () => ({
    login: { ...login, password: rereadable('VITRINE_CASSANDRA_PASSWORD_FILE', mounted.passwordFile) },
    tls: { ca: rereadable('VITRINE_CASSANDRA_CA_FILE', mounted.caFile) },
  })
  const caOf = ({ caFile }: Authority) => ({ ca: rereadable('VITRINE_CASSANDRA_CA_FILE', caFile) })

  before(async function () {
    const problem = await cassandraProblem()
    if (problem !== null) {
      process.stdout.write(`\nSKIPPED: TLS and logins of Cassandra: ${problem}\n`)
      return this.skip()
    }
    opened = new AsyncDisposableStack()
    ;({ folder, ours, others } = await createAuthorities(opened))
    shown = await ours.issue('localhost')
    mounted = { caFile: join(folder, 'mounted-ca.pem'), passwordFile: join(folder, 'mounted-password') }
    await copyFile(ours.caFile, mounted.caFile)
    await writeFile(mounted.passwordFile, firstUser)
    node = opened.use(await startSecureCassandra(folder, shown, accessByFiles()))
  })
  after(() => opened?.disposeAsync())

  function connect(options: Partial<CassandraOptions> = {}): Cassandra {
    return connectCassandra({
      contactPoints: [node.contactPoint],
      localDataCenter: node.dataCenter,
      keyspace: 'secure',
      replication: 1,
      applicationName: 'test',
      login,
      tls: caOf(ours),
      logger,
      ...options,
    })
  }

  async function refusalOf(options: Partial<CassandraOptions>): Promise<string> {
    await using client = connect({ keyspace: 'system', ...options })
    const failure = await client.ping().catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(Unavailable)
    return (failure as Error).message
  }

  it('takes rows, and gives them back, in TLS and with a login', async () => {
    await using client = connect()
    await client.ensureKeyspace()
    await client.define('CREATE TABLE IF NOT EXISTS secure.things (id text PRIMARY KEY)')
    await client.execute('INSERT INTO things (id) VALUES (?)', ['one'])
    expect(await client.execute('SELECT id FROM things')).to.deep.equal([{ id: 'one' }])
  })

  it('is not trusted with a certificate of somebody else’s, and says so in words', async () => {
    const said = await refusalOf({ tls: caOf(others) })
    expect(said).to.match(/^Cassandra at localhost:\d+ is not trusted: its certificate is not signed by a CA/)
    expect(await refusalOf({ tls: {} })).to.include('is not signed by a CA')
  })

  it('is not trusted under a name that its certificate does not hold', async () => {
    const contactPoints = [node.contactPoint.replace('localhost', '127.0.0.1')]
    expect(await refusalOf({ contactPoints })).to.include('its certificate is for another name')
  })

  it('refuses a wrong password, in words', async () => {
    const said = await refusalOf({ login: { ...login, password: () => 'wrong-password' } })
    expect(said).to.include('refuses the login').and.not.include('wrong-password')
  })

  it('may get another authority, and another password: who reads their files anew goes on', async () => {
    const { caFile, passwordFile } = mounted
    await using admin = connect({ keyspace: 'system' })
    await using client = connect({ keyspace: 'system', ...accessByFiles() })
    const failure = () =>
      client.ping().then(
        () => '',
        (error: unknown) => (error as Error).message,
      )
    expect(await failure()).to.equal('')
    await admin.define(`ALTER ROLE ${firstUser} WITH PASSWORD = 'second'`)
    await copyFile((await others.issue('localhost')).storeFile, shown.storeFile)
    await copyFile(others.caFile, caFile)
    await writeFile(passwordFile, 'second\n')
    await node.restart()
    await until('the client is let in again', async () => (await failure()) === '')
    expect(await refusalOf({ tls: caOf(others) })).to.include('refuses the login')
    expect(await refusalOf({ tls: caOf(ours) })).to.include('is not signed by')
  })
})
