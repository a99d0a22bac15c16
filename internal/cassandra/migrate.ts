import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Misconfigured, Unavailable } from '#internal/errors/errors.ts'
import { isMissingSchema } from './errors.ts'
import type { Cassandra } from './client.ts'

/**
 * One step of a component's schema; versions count up from 1 without gaps, and a released step never changes. Each
 * statement must bear being repeated (IF NOT EXISTS): a step that was cut half-way runs again.
 */
export interface CassandraMigration {
  readonly version: number
  readonly statements: readonly string[]
}

const table = 'vitrine_schema'

const makeTable = (keyspace: string) => `CREATE TABLE IF NOT EXISTS ${table} (
  component text, version int, holder uuid, applied_at timestamp, PRIMARY KEY ((component), version)
) WITH id = ${tableId(keyspace)}`

/** Always the same for one keyspace: two nodes that make the table at once would never agree on ids of their own. */
function tableId(keyspace: string): string {
  const digest = createHash('sha256').update(`${keyspace}.${table}`).digest('hex')
  return digest.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** A row of version 0 that only one can insert; it goes by itself when its holder died. */
const lockSeconds = 60
const lock = `INSERT INTO ${table} (component, version, holder) VALUES (?, 0, ?) IF NOT EXISTS USING TTL ${lockSeconds}`
const unlock = `DELETE FROM ${table} WHERE component = ? AND version = 0 IF holder = ?`
const renew = `UPDATE ${table} USING TTL ${lockSeconds} SET holder = ? WHERE component = ? AND version = 0 IF holder = ?`
const lockComponent = '(lock)'

/**
 * Brings a component's schema to its newest version, making the keyspace where it is missing; does nothing when it
 * stands there already or further. Safe to run twice at once: the second waits for the first. Returns the version
 * that stands.
 */
export async function migrateCassandra(
  cassandra: Cassandra,
  component: string,
  migrations: readonly CassandraMigration[],
): Promise<number> {
  migrations.forEach(({ version }, index) => {
    if (version === index + 1) return
    throw new Misconfigured(
      `migrations of ${component} must count from 1: place ${index + 1} holds ${version}`,
    )
  })
  const standing = await cassandraSchemaVersion(cassandra, component)
  if (standing >= migrations.length) return standing
  await cassandra.ensureKeyspace()
  await cassandra.define(makeTable(cassandra.keyspace))
  const holder = randomUUID()
  await takeLock(cassandra, holder)
  try {
    return await applySteps(cassandra, component, migrations, holder)
  } finally {
    // What failed before matters more than a lock that goes by itself.
    await cassandra.executeIf(unlock, [lockComponent, holder]).catch(() => {})
  }
}

async function applySteps(
  cassandra: Cassandra,
  component: string,
  migrations: readonly CassandraMigration[],
  holder: string,
): Promise<number> {
  const standing = await cassandraSchemaVersion(cassandra, component)
  for (const { version, statements } of migrations.slice(standing)) {
    for (const statement of statements) {
      await renewLock(cassandra, holder)
      await cassandra.define(statement)
    }
    await cassandra.execute(`INSERT INTO ${table} (component, version, applied_at) VALUES (?, ?, ?)`, [
      component,
      version,
      new Date(),
    ])
  }
  return Math.max(standing, migrations.length)
}

async function takeLock(cassandra: Cassandra, holder: string): Promise<void> {
  const until = performance.now() + 2 * lockSeconds * 1_000
  while (performance.now() < until) {
    const { applied } = await cassandra.executeIf(lock, [lockComponent, holder])
    if (applied) return
    await sleep(100 + Math.random() * 200)
  }
  throw new Unavailable(
    `another process has been changing Cassandra's schema for ${2 * lockSeconds} s; try again`,
  )
}

/** Each statement has the lock's whole time before it. */
async function renewLock(cassandra: Cassandra, holder: string): Promise<void> {
  const { applied } = await cassandra.executeIf(renew, [holder, lockComponent, holder])
  if (!applied) throw new Unavailable("lost the lock on Cassandra's schema to another process; try again")
}

/** The version that stands in the keyspace; 0 where nothing was made yet, the keyspace included. */
export async function cassandraSchemaVersion(cassandra: Cassandra, component: string): Promise<number> {
  try {
    const [row] = await cassandra.execute<{ version: number }>(
      `SELECT version FROM ${table} WHERE component = ? ORDER BY version DESC LIMIT 1`,
      [component],
    )
    return row?.version ?? 0
  } catch (error) {
    if (isMissingSchema(error)) return 0
    throw error
  }
}
