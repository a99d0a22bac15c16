import { expect } from 'chai'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { startTestPostgres } from '../../test/engines/postgres.ts'
import { connectPostgres } from './client.ts'
import { migrate, schemaVersion } from './migrate.ts'
import type { TestDatabase } from '../../test/engines/postgres.ts'
import type { Postgres } from './client.ts'

describe('schema migrations', () => {
  let database: TestDatabase
  let postgres: Postgres
  beforeEach(async () => {
    database = await startTestPostgres()
    postgres = connectPostgres({
      url: database.url,
      applicationName: 'test',
      maxConnections: 5,
      logger: silentLogger,
    })
  })
  afterEach(async () => {
    await postgres[Symbol.asyncDispose]()
    await database[Symbol.asyncDispose]()
  })

  const first = { version: 1, sql: 'CREATE SCHEMA shop; CREATE TABLE shop.things (id int)' }
  const second = { version: 2, sql: 'ALTER TABLE shop.things ADD name text' }

  it('are at version 0 before the first, and at the newest after it, however often they run', async () => {
    expect(await schemaVersion(postgres, 'things')).to.equal(0)
    expect(await migrate(postgres, 'things', [first])).to.equal(1)
    expect(await migrate(postgres, 'things', [first, second])).to.equal(2)
    expect(await migrate(postgres, 'things', [first, second])).to.equal(2)
    expect(await schemaVersion(postgres, 'things')).to.equal(2)
    expect(await schemaVersion(postgres, 'others')).to.equal(0)
  })

  it('leave a database alone that a newer release has taken further', async () => {
    await migrate(postgres, 'things', [first, second])
    expect(await migrate(postgres, 'things', [first])).to.equal(2)
  })

  it('may run in several processes at once', async () => {
    const versions = await Promise.all(
      Array.from({ length: 5 }, () => migrate(postgres, 'things', [first, second])),
    )
    expect(versions).to.deep.equal([2, 2, 2, 2, 2])
  })

  it('leave nothing half done when a step fails', async () => {
    const broken = { version: 2, sql: 'CREATE TABLE shop.more (id int); SELECT nothing' }
    const error = await migrate(postgres, 'things', [first, broken]).catch((failure: unknown) => failure)
    expect(error).to.be.instanceOf(Error)
    expect(await schemaVersion(postgres, 'things')).to.equal(0)
    expect(await migrate(postgres, 'things', [first, second])).to.equal(2)
  })
})
