import { createCassandraLeases } from '#internal/leases/cassandra-leases.ts'
import { keptVersions } from './store.ts'
import { checkWeights } from './weights-guard.ts'
import type { Cassandra } from '#internal/cassandra/client.ts'
import type { RankerStore, RankerWeights } from './store.ts'

const ranker = 'ranker'

/** Moves `newest` and writes its version in one statement: both or neither. */
const publishAfter = `
  UPDATE ranker_weights SET newest = ?, features = ?, weights = ?, memory = ?, lessons = ?, publishedat = ?, scores = ?
  WHERE ranker = ? AND version = ? IF newest = ?`

/** An empty list comes back as null. */
type Row = Omit<RankerWeights, 'weights' | 'memory' | 'publishedAt'> & {
  readonly weights: number[] | null
  readonly memory: number[] | null
  readonly publishedat: Date
}

/** The ranker's weights in Cassandra. */
export function createCassandraRankerStore({ cassandra }: { cassandra: Cassandra }): RankerStore {
  const leases = createCassandraLeases(cassandra)
  return {
    async newest() {
      const [row] = await cassandra.execute<Row>(
        `SELECT version, features, weights, memory, lessons, publishedat, scores
         FROM ranker_weights WHERE ranker = ? LIMIT 1`,
        [ranker],
      )
      if (!row) return null
      const { weights, memory, publishedat, ...rest } = row
      return { ...rest, weights: weights ?? [], memory: memory ?? [], publishedAt: publishedat.getTime() }
    },
    async publish(given, after) {
      checkWeights(given)
      const { features, weights, memory, lessons, publishedAt, scores } = given
      const version = (after ?? 0) + 1
      const values = [features, weights, memory, lessons, new Date(publishedAt), scores]
      const { applied } = await cassandra.executeIf(publishAfter, [
        version,
        ...values,
        ranker,
        version,
        after,
      ])
      if (!applied) return false
      await cassandra.execute('DELETE FROM ranker_weights WHERE ranker = ? AND version <= ?', [
        ranker,
        version - keptVersions,
      ])
      return true
    },
    takeLease: (holder, ttlMs) => leases.take(ranker, holder, ttlMs),
    async frozen() {
      const [row] = await cassandra.execute<{ ison: boolean }>(
        "SELECT ison FROM ranker_switches WHERE name = 'frozen'",
      )
      return row?.ison ?? false
    },
    async setFrozen(frozen) {
      await cassandra.execute("INSERT INTO ranker_switches (name, ison) VALUES ('frozen', ?)", [frozen])
    },
  }
}
