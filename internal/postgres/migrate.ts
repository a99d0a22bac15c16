import { Misconfigured } from '#internal/errors/errors.ts'
import { sqlState } from './errors.ts'
import type { Postgres, Queryable } from './client.ts'

/** One step of a component's schema; versions count up from 1 without gaps, and a released step never changes. */
export interface Migration {
  readonly version: number
  readonly sql: string
}

/** One lock for all components, so that two that share a schema don't make it at once. */
const lockKey = 7_461_193_202

const table = `CREATE TABLE IF NOT EXISTS public.vitrine_schema (
  component text NOT NULL,
  version int NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (component, version)
)`

/**
 * Brings a component's schema to its newest version, all steps in one transaction; does nothing when it stands there
 * already or further. Safe to run twice at once: the second waits for the first. Returns the version that stands.
 */
export async function migrate(
  postgres: Postgres,
  component: string,
  migrations: readonly Migration[],
): Promise<number> {
  migrations.forEach(({ version }, index) => {
    if (version !== index + 1) {
      throw new Misconfigured(
        `migrations of ${component} must count from 1: place ${index + 1} holds ${version}`,
      )
    }
  })
  return postgres.transaction({ statementTimeoutMs: 10 * 60_000 }, async tx => {
    await tx.execute('SELECT pg_advisory_xact_lock($1)', [lockKey])
    await tx.execute(table)
    const standing = await newest(tx, component)
    for (const { version, sql } of migrations.slice(standing)) {
      await tx.execute(sql)
      await tx.execute('INSERT INTO public.vitrine_schema (component, version) VALUES ($1, $2)', [
        component,
        version,
      ])
    }
    return Math.max(standing, migrations.length)
  })
}

/** The version that stands in the database; 0 where nothing was made yet. */
export async function schemaVersion(postgres: Queryable, component: string): Promise<number> {
  try {
    return await newest(postgres, component)
  } catch (error) {
    if (sqlState(error) === '42P01') return 0
    throw error
  }
}

async function newest(queryable: Queryable, component: string): Promise<number> {
  const [row] = await queryable.query<{ version: number }>(
    'SELECT coalesce(max(version), 0) AS version FROM public.vitrine_schema WHERE component = $1',
    [component],
  )
  return row?.version ?? 0
}
