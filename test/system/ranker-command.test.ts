import { expect } from 'chai'
import { createPostgresRankerStore } from '#internal/recommend/ranker/postgres-store.ts'
import { connectPostgres } from '#internal/postgres/client.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { startTestPostgres } from '../engines/postgres.ts'
import { run } from './processes.ts'
import type { TestDatabase } from '../engines/postgres.ts'

describe('vitrine ranker', function () {
  this.timeout(120_000)
  let database: TestDatabase
  const ranker = (...args: string[]) => run(['ranker', ...args], { VITRINE_POSTGRES_URL: database.url })
  async function shown(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await ranker('show', ...args)
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    return stdout
  }

  before(async () => {
    database = await startTestPostgres()
  })
  after(async () => database[Symbol.asyncDispose]())

  it('says in one sentence that the store was not made yet', async () => {
    const { code, stdout, stderr } = await ranker('show')
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
    expect(stderr).to.match(/^the schema of \w+ stands at 0 and must be at \d+: run vitrine init\n$/)
  })

  it('says before anything was learned that the first weights are in use', async () => {
    expect((await run(['init'], { VITRINE_POSTGRES_URL: database.url })).code).to.equal(0)
    expect(await shown()).to.equal('version: none yet: the first weights are in use\nfrozen:  no\n')
    expect(JSON.parse(await shown('--json'))).to.deep.equal({ version: null, frozen: false })
  })

  it('shows the newest weights in words, the largest first, and how they fare', async () => {
    await using postgres = connectPostgres({
      url: database.url,
      applicationName: 'test',
      maxConnections: 1,
      logger,
    })
    const store = createPostgresRankerStore({ postgres })
    const weights = {
      features: 'together unheard-of next',
      weights: [0.25, -0.5, 0.625],
      memory: [1, 1, 1],
      lessons: 12_345,
      publishedAt: Date.UTC(2026, 10, 1, 10),
      scores: { 'learned.hits': 61, 'fixed.hits': 52 },
    }
    expect(await store.publish(weights, null)).to.equal(true)
    expect(await shown()).to.equal(
      [
        'version:   1',
        'frozen:    no',
        'published: 2026-11-01T10:00:00.000Z',
        'lessons:   12,345',
        '',
        'fixed.hits:   52',
        'learned.hits: 61',
        '',
        'viewed next:                              0.63',
        'viewed together with the last products:   0.25',
        'unheard-of:                              -0.50',
        '',
      ].join('\n'),
    )
    expect(JSON.parse(await shown('--json'))).to.deep.equal({
      version: 1,
      frozen: false,
      publishedAt: '2026-11-01T10:00:00.000Z',
      lessons: 12_345,
      scores: weights.scores,
      weights: [
        { name: 'together', words: 'viewed together with the last products', weight: 0.25 },
        { name: 'unheard-of', words: 'unheard-of', weight: -0.5 },
        { name: 'next', words: 'viewed next', weight: 0.625 },
      ],
    })
  })

  it('freezes the weights, and lets them learn again', async () => {
    for (const [command, frozen] of [
      ['freeze', true],
      ['unfreeze', false],
    ] as const) {
      const { code, stderr } = await ranker(command)
      expect(code, stderr).to.equal(0)
      expect(JSON.parse(await shown('--json'))).to.include({ frozen })
    }
  })
})
