import { expect } from 'chai'
import { createPostgresKeyStore } from '#internal/access/postgres-key-store.ts'
import { accessPostgresMigrations } from '#internal/access/postgres-migrations.ts'
import { ensureFirstKey } from '#internal/access/first-key.ts'
import { keyOf, newKeyText } from '#internal/access/key.ts'
import { followKeys } from '#internal/access/known-keys.ts'
import { shopScopes } from '#internal/access/scopes.ts'
import { Misconfigured, Unavailable } from '#internal/errors/errors.ts'
import { connectPostgres } from '#internal/postgres/client.ts'
import { migrate } from '#internal/postgres/migrate.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { startCuttableWay } from '../engines/cuttable-way.ts'
import { startTestPostgres } from '../engines/postgres.ts'
import { until } from '../system/processes.ts'
import type { Key } from '#internal/access/key.ts'
import type { KeyPlace } from '#internal/access/first-key.ts'
import type { KeyStore } from '#internal/access/key-store.ts'
import type { Postgres } from '#internal/postgres/client.ts'

describe('keys', function () {
  this.timeout(60_000)
  let opened: AsyncDisposableStack
  let url: string
  let postgres: Postgres
  let store: KeyStore

  const connect = (to: string) =>
    connectPostgres({ url: to, applicationName: 'test', maxConnections: 2, logger })
  const make = (text: string, about: Partial<Key> = {}) =>
    keyOf(text, { name: 'pages', scopes: ['history:read'], createdAt: 1_000, expiresAt: null, ...about })

  before(async () => {
    opened = new AsyncDisposableStack()
    url = opened.use(await startTestPostgres()).url
    postgres = opened.use(connect(url))
    store = createPostgresKeyStore({ postgres })
  })
  after(() => opened.disposeAsync())

  it('say that vitrine init has not run, where it has not', async () => {
    const failure = await store.all().catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(Unavailable)
    expect((failure as Error).message).to.include('run vitrine init')
    await migrate(postgres, 'access', accessPostgresMigrations)
    expect(await store.all()).to.deep.equal([])
  })

  it('are kept as they are, oldest first, and never with their text', async () => {
    const [older, newer] = [newKeyText(), newKeyText()]
    const second = make(newer, { createdAt: 2_000, expiresAt: 90_000, scopes: ['admin', 'erase'] })
    expect(await store.add(second)).to.equal(true)
    const first = make(older)
    expect(await store.add(first)).to.equal(true)
    expect(await store.all()).to.deep.equal([first, second])
    const rows = JSON.stringify(await postgres.query('SELECT * FROM access.keys'))
    for (const text of [older, newer]) expect(rows).not.to.include(text.slice(4, 20))
  })

  it('stay as they are when the same text comes again', async () => {
    const text = newKeyText()
    await store.add(make(text, { scopes: ['history:read'] }))
    expect(await store.add(make(text, { scopes: ['admin'] }))).to.equal(false)
    const kept = (await store.all()).find(({ id }) => id === make(text).id)
    expect(kept?.scopes).to.deep.equal(['history:read'])
  })

  it('are gone when revoked, and only those that were there', async () => {
    const key = make(newKeyText())
    await store.add(key)
    expect(await store.revoke(key.id)).to.equal(true)
    expect(await store.revoke(key.id)).to.equal(false)
    expect((await store.all()).map(({ id }) => id)).not.to.include(key.id)
  })

  describe('in memory', () => {
    it('are good for their scopes alone until they expire, and admin for all', async () => {
      let now = 5_000
      const [reader, admin] = [newKeyText(), newKeyText()]
      await store.add(make(reader, { expiresAt: 9_000 }))
      await store.add(make(admin, { scopes: ['admin'] }))
      await using known = followKeys({ store, logger, now: () => now, everyMs: 5 })
      expect(known.check(reader, 'history:read')).to.equal('not-ready')
      await until('the keys are read', () => known.readiness() === null)
      expect(known.check(reader, 'history:read')).to.equal('allowed')
      expect(known.check(reader, 'history:delete')).to.equal('out-of-scope')
      expect(known.check(admin, 'history:delete')).to.equal('allowed')
      expect(known.check(newKeyText(), 'history:read')).to.equal('unknown')
      now = 9_000
      expect(known.check(reader, 'history:read')).to.equal('expired')
    })

    it('come and go with what is made and revoked', async () => {
      await using known = followKeys({ store, logger, now: () => 0, everyMs: 5 })
      const text = newKeyText()
      await store.add(make(text))
      await until('the key is known', () => known.check(text, 'history:read') === 'allowed')
      await store.revoke(make(text).id)
      await until('the key is refused', () => known.check(text, 'history:read') === 'unknown')
    })

    it('go on while the database is away, and are nobody’s until it was there once', async () => {
      await using way = await startCuttableWay(Number(new URL(url).port))
      const through = new URL(url)
      through.port = String(way.port)
      await using cut = connect(through.href)
      const text = newKeyText()
      await store.add(make(text))
      const options = { store: createPostgresKeyStore({ postgres: cut }), logger, now: () => 0, everyMs: 5 }
      await using before = followKeys(options)
      await until('the keys are read', () => before.readiness() === null)
      await way.cut()
      await using during = followKeys(options)
      await until('the database is missed', () => during.readiness()?.includes('could not be read') === true)
      expect(during.check(text, 'history:read')).to.equal('not-ready')
      expect(before.check(text, 'history:read')).to.equal('allowed')
      await way.mend()
      await until('the keys are read', () => during.readiness() === null)
      expect(during.check(text, 'history:read')).to.equal('allowed')
    })
  })

  describe('of an install, the first', () => {
    /** As a Secret is: made once, by whoever comes first. */
    function secret(held: string | null = null): KeyPlace & { held: () => string | null } {
      let text = held
      return {
        name: 'the Secret shop/vitrine-first-key',
        held: () => text,
        read: async () => text,
        async create(wanted) {
          if (text !== null) return false
          text = wanted
          return true
        },
      }
    }
    const ensure = (place: KeyPlace) => ensureFirstKey({ place, store, now: () => 7_000 })
    const keptOf = async (text: string | null) =>
      (await store.all()).find(({ id }) => id === make(text ?? '').id)

    it('is made where there is none, for all that a shop’s pages ask, and once', async () => {
      const place = secret()
      expect(await ensure(place)).to.equal(true)
      const text = place.held()
      expect(await keptOf(text)).to.deep.include({ scopes: [...shopScopes], expiresAt: null })
      expect(await ensure(place)).to.equal(false)
      expect(place.held()).to.equal(text)
    })

    it('is one, though two begin at once', async () => {
      const place = secret()
      const made = await Promise.all([ensure(place), ensure(place)])
      expect(made).to.have.members([false, true])
    })

    it('is the one that lies there already', async () => {
      const own = 'a-key-that-the-shop-has-made-by-itself-0815'
      expect(await ensure(secret(own))).to.equal(true)
      expect(await keptOf(own)).to.deep.include({ name: 'first' })
    })

    it('is none that anybody could guess', async () => {
      for (const text of ['', 'changeme', 'two words that are long enough to be taken']) {
        const failure = await ensure(secret(text)).catch((error: unknown) => error)
        expect(failure).to.be.instanceOf(Misconfigured)
        expect((failure as Error).message).to.include('the Secret shop/vitrine-first-key')
      }
    })
  })
})
