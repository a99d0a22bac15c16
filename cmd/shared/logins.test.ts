import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Misconfigured } from '#internal/errors/errors.ts'
import { engineSettings } from './engines-settings.ts'
import { accessOf, postgresAddressOf, rereadable } from './logins.ts'
import { readSettings } from './settings.ts'

describe('how a process logs in to its engines', () => {
  let folder: string
  let file: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vitrine-logins-'))
    file = join(folder, 'secret')
  })
  after(() => rm(folder, { recursive: true }))
  beforeEach(() => writeFile(file, 'held in a file\n'))

  const settingsOf = (env: Record<string, string>) => readSettings(engineSettings, env)
  const kafka = (env: Record<string, string>) => accessOf(settingsOf(env), 'KAFKA')

  it('is by no login and in plain text, unless settings say otherwise', () => {
    expect(kafka({})).to.deep.equal({})
    expect(postgresAddressOf(settingsOf({}))).to.equal(null)
  })

  it('is by a password, or by what a file holds at that moment', async () => {
    const direct = kafka({ VITRINE_KAFKA_USERNAME: 'shop', VITRINE_KAFKA_PASSWORD: 'direct' })
    expect(direct.login?.password()).to.equal('direct')
    const { login } = kafka({ VITRINE_KAFKA_USERNAME: 'shop', VITRINE_KAFKA_PASSWORD_FILE: file })
    expect(login?.username).to.equal('shop')
    expect(login?.password()).to.equal('held in a file')
    await writeFile(file, 'another')
    expect(login?.password()).to.equal('another')
  })

  it('is by a user’s name from a file, too', () => {
    const { login } = kafka({ VITRINE_KAFKA_USERNAME_FILE: file, VITRINE_KAFKA_PASSWORD: 'x' })
    expect(login?.username).to.equal('held in a file')
  })

  it('goes on with what a file held while it can’t be read, as when it is being replaced', async () => {
    const read = rereadable('SETTING', file)
    await rm(file)
    expect(read()).to.equal('held in a file')
    await writeFile(file, 'back')
    expect(read()).to.equal('back')
  })

  it('is in TLS where a CA is given, or where it is asked for with the system’s', () => {
    expect(kafka({ VITRINE_KAFKA_CA_FILE: file }).tls?.ca?.()).to.equal('held in a file')
    expect(kafka({ VITRINE_KAFKA_TLS: 'on' }).tls).to.deep.equal({})
    expect(kafka({ VITRINE_KAFKA_TLS: 'off' }).tls).to.equal(undefined)
  })

  it('finds PostgreSQL by a URI in a file', async () => {
    await writeFile(file, 'postgres://shop:secret@db:5432/vitrine\n')
    const address = postgresAddressOf(settingsOf({ VITRINE_POSTGRES_URL_FILE: file }))
    expect(typeof address?.url === 'function' && address.url()).to.equal(
      'postgres://shop:secret@db:5432/vitrine',
    )
  })

  for (const [what, env, words] of [
    [
      'a user without a password',
      { VITRINE_KAFKA_USERNAME: 'shop' },
      'VITRINE_KAFKA_PASSWORD or VITRINE_KAFKA_PASSWORD_FILE is not set',
    ],
    ['a password without a user', { VITRINE_KAFKA_PASSWORD: 'x' }, 'VITRINE_KAFKA_USERNAME is not set'],
    [
      'a password twice',
      { VITRINE_KAFKA_USERNAME: 'shop', VITRINE_KAFKA_PASSWORD: 'x', VITRINE_KAFKA_PASSWORD_FILE: '/x' },
      'both set',
    ],
    [
      'a CA without TLS',
      { VITRINE_KAFKA_TLS: 'off', VITRINE_KAFKA_CA_FILE: import.meta.filename },
      'VITRINE_KAFKA_TLS is off',
    ],
    [
      'a file that is not there',
      { VITRINE_KAFKA_CA_FILE: '/not/there' },
      "VITRINE_KAFKA_CA_FILE: /not/there can't be read (ENOENT)",
    ],
  ] as const) {
    it(`is refused, in words, with ${what}`, () => {
      expect(() => kafka(env)).to.throw(Misconfigured, words)
    })
  }

  it('is refused, in words, with a file that holds no URI, which is not shown', () => {
    const find = () => postgresAddressOf(settingsOf({ VITRINE_POSTGRES_URL_FILE: file }))
    expect(find)
      .to.throw(Misconfigured, 'must hold a PostgreSQL URI')
      .and.not.include({ message: 'held in a file' })
  })
})
