import { expect } from 'chai'
import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Unavailable } from '#internal/errors/errors.ts'
import { createKafkaLog } from '#internal/eventlog/kafka-log.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { rereadable } from '../../cmd/shared/logins.ts'
import { createAuthorities } from '../engines/certificates.ts'
import { kafkaProblem, startSecureKafka } from '../engines/kafka.ts'
import { startTestPostgres } from '../engines/postgres.ts'
import { run, until } from '../system/processes.ts'
import type { EventLog } from '#internal/eventlog/log.ts'
import type { KafkaLogOptions } from '#internal/eventlog/kafka-log.ts'
import type { Authority, Certificate } from '../engines/certificates.ts'
import type { SecureKafka } from '../engines/kafka.ts'

const user = { username: 'shop', password: 'the-first-password' }
const topic = 'views'

describe('Kafka that must prove itself, and asks for a login', function () {
  this.timeout(180_000)
  let opened: AsyncDisposableStack
  let folder: string
  let kafka: SecureKafka
  let ours: Authority
  let others: Authority
  let shown: Certificate

  before(async function () {
    const problem = await kafkaProblem()
    if (problem !== null) {
      process.stdout.write(`\nSKIPPED: TLS and logins of Kafka: ${problem}\n`)
      return this.skip()
    }
    opened = new AsyncDisposableStack()
    ;({ folder, ours, others } = await createAuthorities(opened))
    shown = await ours.issue('localhost')
    kafka = opened.use(await startSecureKafka(folder, shown, user))
    await using log = open()
    await log.ensureTopics([{ name: topic, partitions: 1, retentionMs: 3_600_000, maxRecordBytes: 10_000 }])
  })
  after(() => opened?.disposeAsync())

  const login = { username: user.username, password: () => user.password }

  function open(options: Partial<KafkaLogOptions> = {}): EventLog {
    return createKafkaLog({
      brokers: kafka.brokers,
      clientId: 'test',
      instanceId: 'test',
      metrics: createMetrics({ service: 'test', version: '0' }),
      login,
      tls: { ca: rereadable('VITRINE_KAFKA_CA_FILE', ours.caFile) },
      logger,
      ...options,
    })
  }

  const append = (log: EventLog, value: string) =>
    log.append(topic, [{ key: 'ann', value: Buffer.from(value), headers: {} }])

  async function refusalOf(options: Partial<KafkaLogOptions>): Promise<string> {
    await using log = open(options)
    const failure = await log.ping().catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(Unavailable)
    expect((failure as Error).message).not.to.include(user.password)
    return (failure as Error).message
  }

  it('takes records, and gives them to readers, in TLS and with a login', async () => {
    await using log = open()
    await append(log, 'one')
    const read: string[] = []
    await using _ = log.readAll(topic, { at: 'beginning' }, async records => {
      for (const { value } of records) read.push(String(value))
    })
    await until('the record is read', () => read.includes('one'))
  })

  it('is not trusted with a certificate of somebody else’s, and says so in words', async () => {
    const said = await refusalOf({ tls: { ca: rereadable('CA', others.caFile) } })
    expect(said).to.match(/^Kafka at localhost:\d+ is not trusted: its certificate is not signed by a CA/)
    expect(await refusalOf({ tls: {} })).to.include('is not signed by a CA')
  })

  it('is not trusted under a name that its certificate does not hold', async () => {
    const brokers = kafka.brokers.map(broker => broker.replace('localhost', '127.0.0.1'))
    expect(await refusalOf({ brokers })).to.include('its certificate is for another name')
  })

  it('refuses a wrong password, in words, and is told it in TLS alone', async () => {
    const said = await refusalOf({ login: { ...login, password: () => 'wrong' } })
    expect(said).to.include('refuses the login').and.not.include('wrong')
  })

  it('is reached by the settings of a process, whose messages tell no password', async () => {
    await using database = await startTestPostgres()
    const [urlFile, passwordFile] = [join(folder, 'url'), join(folder, 'password')]
    await writeFile(urlFile, `${database.url}\n`)
    await writeFile(passwordFile, `${user.password}\n`)
    const env = {
      VITRINE_EVENT_LOG: 'kafka',
      VITRINE_KAFKA_BROKERS: kafka.brokers.join(','),
      VITRINE_KAFKA_USERNAME: user.username,
      VITRINE_KAFKA_PASSWORD_FILE: passwordFile,
      VITRINE_KAFKA_CA_FILE: ours.caFile,
      VITRINE_POSTGRES_URL_FILE: urlFile,
      VITRINE_PARTITIONS: '1',
    }
    const { code, stderr } = await run(['init'], env)
    expect({ code, stderr }).to.deep.equal({
      code: 0,
      stderr: 'Ready: event log on kafka, store on postgres.\n',
    })
    await writeFile(passwordFile, 'another-password')
    const refused = await run(['init'], env)
    expect(refused.code).to.equal(1)
    expect(refused.stderr).to.include('refuses the login').and.not.include('another-password')
  })

  it('may get another authority, and another password: who reads their files anew goes on', async () => {
    const [caFile, passwordFile] = [join(folder, 'mounted-ca.pem'), join(folder, 'mounted-password')]
    await copyFile(others.caFile, caFile)
    await writeFile(passwordFile, 'not yet\n')
    const password = rereadable('VITRINE_KAFKA_PASSWORD_FILE', passwordFile)
    const tls = { ca: rereadable('VITRINE_KAFKA_CA_FILE', caFile) }
    await using log = open({ login: { ...login, password }, tls })
    const failure = () =>
      log.ping().then(
        () => '',
        (error: unknown) => (error as Error).message,
      )
    expect(await failure()).to.include('is not signed by')
    await copyFile(ours.caFile, caFile)
    expect(await failure()).to.include('refuses the login')
    await writeFile(passwordFile, user.password)
    await append(log, 'two')

    await kafka.setPassword({ ...user, password: 'the-second-password' })
    await copyFile((await others.issue('localhost')).storeFile, shown.storeFile)
    await kafka.restart()
    await until('the new certificate is refused', async () => (await failure()).includes('is not signed by'))
    await copyFile(others.caFile, caFile)
    await until('the old password is refused', async () => (await failure()).includes('refuses the login'))
    await writeFile(passwordFile, 'the-second-password\n')
    await until('records are taken again', async () => (await append(log, 'three')).length === 1)
  })
})
