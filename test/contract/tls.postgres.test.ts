import { expect } from 'chai'
import { chmod, copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Misconfigured, Unavailable } from '#internal/errors/errors.ts'
import { connectPostgres } from '#internal/postgres/client.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { rereadable } from '../../cmd/shared/logins.ts'
import { createAuthorities } from '../engines/certificates.ts'
import { startSecurePostgres } from '../engines/postgres-tls.ts'
import type { Postgres, PostgresOptions } from '#internal/postgres/client.ts'
import type { EmbeddedPostgres } from '#internal/postgres/embedded.ts'
import type { Authority } from '../engines/certificates.ts'
import type { SecurePostgres } from '../engines/postgres-tls.ts'

describe('PostgreSQL that must prove itself', function () {
  this.timeout(60_000)
  let opened: AsyncDisposableStack
  let folder: string
  let secure: SecurePostgres
  let server: EmbeddedPostgres
  let admin: Postgres
  let ours: Authority
  let others: Authority

  before(async () => {
    opened = new AsyncDisposableStack()
    ;({ folder, ours, others } = await createAuthorities(opened))
    // As root the server has another user, which must reach the folder.
    await chmod(folder, 0o755)
    secure = opened.use(await startSecurePostgres(folder, await ours.issue('localhost')))
    ;({ server, admin } = secure)
    await admin.execute("CREATE ROLE shop LOGIN PASSWORD 'first'")
  })
  after(() => opened.disposeAsync())

  const connect = (options: Partial<PostgresOptions> & Pick<PostgresOptions, 'url'>) =>
    connectPostgres({ applicationName: 'test', maxConnections: 1, logger, ...options })

  const urlOf = (host: string, query = '', user = 'shop:first') =>
    `postgres://${user}@${host}:${server.port}/postgres${query}`

  async function isEncrypted(
    options: Partial<PostgresOptions> & Pick<PostgresOptions, 'url'>,
  ): Promise<boolean | undefined> {
    await using client = connect(options)
    const [row] = await client.query<{ ssl: boolean }>(
      'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
    )
    return row?.ssl
  }

  async function refusalOf(
    options: Partial<PostgresOptions> & Pick<PostgresOptions, 'url'>,
  ): Promise<string> {
    const failure = await isEncrypted(options).catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(Unavailable)
    expect((failure as Error).message).not.to.include('first')
    return (failure as Error).message
  }

  const caOf = ({ caFile }: Authority) => rereadable('VITRINE_POSTGRES_CA_FILE', caFile)

  it('is spoken to in TLS where a CA is given, or the URL asks for it', async () => {
    expect(await isEncrypted({ url: urlOf('localhost'), ca: caOf(ours) })).to.equal(true)
    for (const mode of ['require', 'verify-ca', 'verify-full']) {
      const query = `?sslmode=${mode}&sslrootcert=${encodeURIComponent(ours.caFile)}`
      expect(await isEncrypted({ url: urlOf('localhost', query) }), mode).to.equal(true)
    }
    expect(await isEncrypted({ url: urlOf('localhost') })).to.equal(false)
  })

  it('is not trusted with a certificate of somebody else’s, and says so in words', async () => {
    const said = await refusalOf({ url: urlOf('localhost'), ca: caOf(others) })
    expect(said).to.match(
      /^PostgreSQL at localhost:\d+\/postgres is not trusted: its certificate is not signed by/,
    )
    expect(await refusalOf({ url: urlOf('localhost', '?sslmode=require') })).to.include('is not signed by')
  })

  it('is not trusted under a name that its certificate does not hold', async () => {
    for (const query of ['', '?sslmode=verify-ca']) {
      const said = await refusalOf({ url: urlOf('127.0.0.1', query), ca: caOf(ours) })
      expect(said).to.include('its certificate is for another name')
    }
  })

  it('is not trusted with a certificate that has expired', async () => {
    await secure.show(await ours.issue('localhost', -1))
    expect(await refusalOf({ url: urlOf('localhost'), ca: caOf(ours) })).to.include('has expired')
    await secure.show(await ours.issue('localhost'))
  })

  it('is never spoken to in plain text instead', async () => {
    await admin.execute('ALTER SYSTEM SET ssl = off')
    await secure.reload()
    const said = await refusalOf({ url: urlOf('localhost'), ca: caOf(ours) })
    expect(said).to.include('does not speak TLS')
    await admin.execute('ALTER SYSTEM SET ssl = on')
    await secure.reload()
  })

  it('is refused in a mode that would let in one that proves nothing', () => {
    for (const mode of ['prefer', 'allow', 'no-verify']) {
      expect(() => connect({ url: urlOf('localhost', `?sslmode=${mode}`) })).to.throw(
        Misconfigured,
        'verify-full',
      )
    }
    const url = urlOf('localhost', '?sslmode=disable')
    expect(() => connect({ url, ca: caOf(ours) })).to.throw(Misconfigured, 'leave one of them out')
  })

  it('may get another authority: who reads its file anew goes on', async () => {
    const caFile = join(folder, 'mounted-ca.pem')
    await copyFile(ours.caFile, caFile)
    const ca = rereadable('VITRINE_POSTGRES_CA_FILE', caFile)
    await using client = connect({ url: urlOf('localhost'), ca })
    await client.ping()
    await secure.show(await others.issue('localhost'))
    await admin.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ssl',
    )
    const failure = await client
      .ping()
      .catch(() => client.ping())
      .catch((error: unknown) => error)
    expect((failure as Error).message).to.include('is not signed by')
    await copyFile(others.caFile, caFile)
    await client.ping()
    await secure.show(await ours.issue('localhost'))
  })

  it('may get another password: who reads its file anew goes on', async () => {
    const file = join(folder, 'mounted-url')
    await writeFile(file, `${urlOf('localhost')}\n`)
    const text = rereadable('VITRINE_POSTGRES_URL_FILE', file)
    await using client = connect({ url: text, ca: caOf(ours) })
    await client.ping()
    await admin.execute("ALTER ROLE shop PASSWORD 'second'")
    await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop'")
    const failure = await client
      .ping()
      .catch(() => client.ping())
      .catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(Unavailable)
    expect((failure as Error).message).to.include('refuses the login')
    await writeFile(file, urlOf('localhost', '', 'shop:second'))
    await client.ping()
    await admin.execute("ALTER ROLE shop PASSWORD 'first'")
    expect(await readFile(file, 'utf8')).to.include('second')
  })
})
