import { Unavailable } from '#internal/errors/errors.ts'
import { sqlState } from '#internal/postgres/errors.ts'
import { isScope } from './scopes.ts'
import type { Postgres } from '#internal/postgres/client.ts'
import type { KeyStore } from './key-store.ts'

interface Row {
  readonly id: string
  readonly name: string
  readonly digest: string
  readonly scopes: string[]
  readonly createdat: Date
  readonly expiresat: Date | null
}

const undefinedTable = '42P01'

/** Keys in the table access.keys of Vitrine's own database. */
export function createPostgresKeyStore({ postgres }: { postgres: Postgres }): KeyStore {
  async function asking<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      if (sqlState(error) !== undefinedTable) throw error
      throw new Unavailable('there is no table of keys yet: run vitrine init', { cause: error })
    }
  }

  return {
    async add({ id, name, digest, scopes, createdAt, expiresAt }) {
      const added = await asking(
        postgres.execute(
          `INSERT INTO access.keys (id, name, digest, scopes, createdat, expiresat)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
          [id, name, digest, scopes, new Date(createdAt), expiresAt === null ? null : new Date(expiresAt)],
        ),
      )
      return added === 1
    },
    async all() {
      const rows = await asking(
        postgres.query<Row>(
          'SELECT id, name, digest, scopes, createdat, expiresat FROM access.keys ORDER BY createdat, id',
        ),
      )
      return rows.map(({ id, name, digest, scopes, createdat, expiresat }) => ({
        id,
        name,
        digest,
        // A later release may know scopes that this one does not.
        scopes: scopes.filter(isScope),
        createdAt: createdat.getTime(),
        expiresAt: expiresat?.getTime() ?? null,
      }))
    },
    revoke: async id => (await asking(postgres.execute('DELETE FROM access.keys WHERE id = $1', [id]))) === 1,
  }
}
