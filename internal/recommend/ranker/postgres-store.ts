import { createPostgresLeases } from '#internal/leases/postgres-leases.ts'
import { keptVersions } from './store.ts'
import { checkWeights } from './weights-guard.ts'
import type { Postgres } from '#internal/postgres/client.ts'
import type { RankerStore, RankerWeights } from './store.ts'

/** Of two that publish after the same version, the second waits for the first and then inserts nothing. */
const insertAfter = `
  INSERT INTO productviews.ranker_weights (version, features, weights, memory, lessons, publishedat, scores)
  SELECT $1::int + 1, $2, $3, $4, $5, $6, $7
  WHERE $1 = (SELECT coalesce(max(version), 0) FROM productviews.ranker_weights)
  ON CONFLICT (version) DO NOTHING`

const upsertFrozen = `
  INSERT INTO productviews.ranker_switches (name, ison) VALUES ('frozen', $1)
  ON CONFLICT (name) DO UPDATE SET ison = excluded.ison`

/** The ranker's weights in PostgreSQL. */
export function createPostgresRankerStore({ postgres }: { postgres: Postgres }): RankerStore {
  const leases = createPostgresLeases(postgres)
  return {
    async newest() {
      const [row] = await postgres.query<Omit<RankerWeights, 'publishedAt'> & { publishedAt: Date }>(
        `SELECT version, features, weights, memory, lessons, publishedat AS "publishedAt", scores
         FROM productviews.ranker_weights ORDER BY version DESC LIMIT 1`,
      )
      return row ? { ...row, publishedAt: row.publishedAt.getTime() } : null
    },
    async publish(given, after) {
      checkWeights(given)
      const { features, weights, memory, lessons, publishedAt, scores } = given
      const values = [features, weights, memory, lessons, new Date(publishedAt), JSON.stringify(scores)]
      return postgres.transaction({}, async tx => {
        if ((await tx.execute(insertAfter, [after ?? 0, ...values])) === 0) return false
        await tx.execute('DELETE FROM productviews.ranker_weights WHERE version <= $1', [
          (after ?? 0) + 1 - keptVersions,
        ])
        return true
      })
    },
    takeLease: (holder, ttlMs) => leases.take('ranker', holder, ttlMs),
    async frozen() {
      const [row] = await postgres.query<{ ison: boolean }>(
        "SELECT ison FROM productviews.ranker_switches WHERE name = 'frozen'",
      )
      return row?.ison ?? false
    },
    async setFrozen(frozen) {
      await postgres.execute(upsertFrozen, [frozen])
    },
  }
}
