import { expect } from 'chai'
import { readFile } from 'node:fs/promises'
import { createPostgresKeyStore } from '#internal/access/postgres-key-store.ts'
import { keyOf, newKeyText } from '#internal/access/key.ts'
import { scopes } from '#internal/access/scopes.ts'
import { connectPostgres } from '#internal/postgres/client.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { startTestPostgres } from '../engines/postgres.ts'
import { run, start, until } from './processes.ts'
import type { KeyStore } from '#internal/access/key-store.ts'
import type { Scope } from '#internal/access/scopes.ts'
import type { Running } from './processes.ts'

interface Operation {
  readonly operationId: string
  readonly security?: readonly { readonly key?: readonly string[] }[]
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

const ids = { 'user-id': 'user-1', 'product-id': 'product-1' }
const view = { event: 'ProductView', userid: 'user-1', properties: { productid: 'product-1' } }
/** What a call is sent, where it takes anything; one body does for all. */
const body = { ...view, products: ['product-1'], guestId: 'guest-1' }

describe('who may ask', function () {
  this.timeout(120_000)
  let opened: AsyncDisposableStack
  let env: Record<string, string>
  let store: KeyStore
  let ingestor: Running
  let api: Running

  before(async () => {
    opened = new AsyncDisposableStack()
    const { url } = opened.use(await startTestPostgres())
    env = { VITRINE_POSTGRES_URL: url }
    expect((await run(['init'], env)).code).to.equal(0)
    const postgres = opened.use(connectPostgres({ url, applicationName: 'test', maxConnections: 1, logger }))
    store = createPostgresKeyStore({ postgres })
  })
  after(() => opened.disposeAsync())

  async function readOperations() {
    const { paths } = JSON.parse(await readFile('docs/openapi.json', 'utf8')) as Document
    return Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId, security = [] }]) => ({
        operationId,
        method: method.toUpperCase(),
        path: path.replaceAll(/\{\w+\}/g, 'product-1'),
        scope: security.flatMap(({ key = [] }) => key)[0] ?? null,
      })),
    )
  }
  type Call = Awaited<ReturnType<typeof readOperations>>[number]

  async function ask(
    { operationId, method, path }: Pick<Call, 'operationId' | 'method' | 'path'>,
    authorization?: string,
  ) {
    const to = operationId === 'sendViews' ? ingestor : api
    const response = await fetch(`${to.url}${path}`, {
      method,
      headers: {
        ...ids,
        ...(authorization !== undefined && { authorization }),
        ...(method === 'POST' && { 'content-type': 'application/json' }),
      },
      ...(method === 'POST' && { body: JSON.stringify(body) }),
    })
    return { response, text: await response.text() }
  }

  async function makeKey(about: { scopes: readonly Scope[]; expiresAt?: number }) {
    const text = newKeyText()
    await store.add(keyOf(text, { name: 'test', createdAt: Date.now(), expiresAt: null, ...about }))
    return text
  }

  it('is nobody beyond this machine, unless somebody says so', async () => {
    const beyond = { ...env, VITRINE_HOST: '0.0.0.0' }
    await using refused = await start('api', beyond, { waitReady: false })
    await until('the api has ended', () => refused.child.exitCode !== null)
    expect(refused.child.exitCode).to.equal(1)
    expect(refused.log()).to.include('refusing to listen on 0.0.0.0').and.include('VITRINE_AUTH=keys')
    await using open = await start('api', { ...beyond, VITRINE_AUTH: 'none' })
    expect(open.log()).to.include('VITRINE_AUTH=none')
  })

  it('needs PostgreSQL, whatever the engines', async () => {
    const engines = {
      VITRINE_EVENT_LOG: 'kafka',
      VITRINE_KAFKA_BROKERS: '127.0.0.1:1',
      VITRINE_STORE: 'cassandra',
    }
    const { code, stderr } = await run(['keys', 'list'], {
      ...engines,
      VITRINE_CASSANDRA_HOSTS: '127.0.0.1:1',
    })
    expect({ code, stderr }).to.deep.equal({
      code: 1,
      stderr:
        'VITRINE_POSTGRES_URL is not set: keys are kept in PostgreSQL, whatever the event log and the store are on\n',
    })
  })

  describe('with keys', () => {
    before(async () => {
      const asking = { ...env, VITRINE_AUTH: 'keys' }
      const keysOf = async (scopesOf: (scope: Scope) => readonly Scope[]) =>
        Object.fromEntries(
          await Promise.all(scopes.map(async scope => [scope, await makeKey({ scopes: scopesOf(scope) })])),
        ) as Record<string, string>
      const good = await keysOf(scope => [scope])
      const others = await keysOf(scope => scopes.filter(one => one !== scope && one !== 'admin'))
      const expired = await makeKey({ scopes: ['admin'], expiresAt: Date.now() - 1 })
      keys = { good, others, expired }
      ingestor = opened.use(await start('ingestor', asking))
      api = opened.use(await start('api', asking))
    })
    let keys: { good: Record<string, string>; others: Record<string, string>; expired: string }

    it('each call of the document names what a key must be good for', async () => {
      const calls = await readOperations()
      expect(calls).to.have.length.above(12)
      for (const { operationId, scope } of calls) expect(scope, operationId).to.be.oneOf([...scopes])
    })

    it('no call is answered without a key, with one that is unknown or has expired, or with a broken header', async () => {
      for (const call of await readOperations()) {
        const headers = [
          undefined,
          `Bearer ${newKeyText()}`,
          `Bearer ${keys.expired}`,
          'Bearer',
          'Basic dTpw',
        ]
        for (const header of headers) {
          const { response, text } = await ask(call, header)
          expect(response.status, `${call.operationId} with ${header}`).to.equal(401)
          expect(response.headers.get('www-authenticate')).to.match(/^Bearer/)
          expect(response.headers.get('cache-control')).to.equal('no-store')
          if (call.path.startsWith('/api/')) {
            expect(JSON.parse(text)).to.deep.equal({ Error: 'Missing or unknown key' })
          } else {
            expect(JSON.parse(text)).to.include({
              status: 401,
              code: 'unauthorized',
              type: '/errors/unauthorized',
            })
          }
        }
      }
    })

    it('a key for all else is refused, in words that name what it lacks', async () => {
      for (const call of await readOperations()) {
        const { response, text } = await ask(call, `Bearer ${keys.others[call.scope ?? '']}`)
        expect(response.status, call.operationId).to.equal(403)
        expect(text).to.include(`not good for ${call.scope}`)
      }
    })

    it('a key for just that is answered, as is one for everything', async () => {
      for (const call of await readOperations()) {
        for (const key of [keys.good[call.scope ?? ''], keys.good['admin']]) {
          const { response } = await ask(call, `Bearer ${key}`)
          expect(response.status, call.operationId).to.be.oneOf([200, 202, 400])
        }
      }
    })

    it('the document, the pages about errors, probes and metrics are for everybody', async () => {
      for (const url of [`${api.url}/openapi.json`, `${api.url}/errors/unauthorized`]) {
        expect((await fetch(url)).status, url).to.equal(200)
      }
      for (const path of ['livez', 'readyz', 'metrics']) {
        expect((await fetch(`${api.opsUrl}/${path}`)).status, path).to.equal(200)
      }
      const refused = await (await fetch(`${api.opsUrl}/metrics`)).text()
      expect(refused).to.match(/vitrine_requests_refused_total\{reason="unknown"[^}]*\} [1-9]/)
    })

    it('keys are made, shown and revoked from the command line, and are known while the services run', async () => {
      const made = await run(['keys', 'create', 'pages', '--scope', 'history:read', '--expires', '90d'], env)
      expect(made.code).to.equal(0)
      const text = made.stdout.trim()
      expect(text).to.match(/^vtr_[\w-]{43}$/)
      const id = /^Key (\w+) is good for history:read, until /.exec(made.stderr)?.[1] ?? ''
      const listed = await run(['keys', 'list'], env)
      expect(listed.stdout).to.match(new RegExp(`^${id} +pages +\\S.*history:read$`, 'm'))
      expect(listed.stdout).not.to.include(text)

      const history = { operationId: 'listHistory', method: 'GET', path: '/v1/users/user-1/history' }
      const status = async () => (await ask(history, `Bearer ${text}`)).response.status
      await until('the new key is known', async () => (await status()) === 200)
      expect((await run(['keys', 'revoke', id], env)).code).to.equal(0)
      await until('the revoked key is refused', async () => (await status()) === 401)
      const again = await run(['keys', 'revoke', id], env)
      expect({ code: again.code, stderr: again.stderr }).to.deep.equal({
        code: 1,
        stderr: `there is no key "${id}": vitrine keys list shows the ids\n`,
      })
    })

    it('a scope that there is not is refused before anything is made', async () => {
      const { code, stderr } = await run(['keys', 'create', 'pages', '--scope', 'history'], env)
      expect(code).to.equal(1)
      expect(stderr).to.include('It must be one of views:write, recommendations:read')
    })

    it('a file of views is sent by the key in the environment, and not without', async () => {
      const send = (more: Record<string, string>) =>
        run(['send', '-', '--url', ingestor.url], { ...env, ...more }, `${JSON.stringify(view)}\n`)
      const without = await send({})
      expect(without.code).to.equal(1)
      expect(without.stderr).to.include('wants a key: set VITRINE_KEY')
      const wrong = await send({ VITRINE_KEY: keys.good['history:read'] ?? '' })
      expect(wrong.code).to.equal(1)
      expect(wrong.stderr)
        .to.include('refuses the key in VITRINE_KEY')
        .and.not.include(keys.good['history:read'])
      const right = await send({ VITRINE_KEY: keys.good['views:write'] ?? '' })
      expect(JSON.parse(right.stdout)).to.include({ accepted: 1 })
    })

    it('no key is told in a log', () => {
      for (const text of [...Object.values(keys.good), ...Object.values(keys.others), keys.expired]) {
        expect(ingestor.log() + api.log()).not.to.include(text)
      }
    })
  })
})
