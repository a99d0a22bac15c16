import { Conflict } from '#internal/errors/errors.ts'
import type { Cassandra } from '#internal/cassandra/client.ts'
import type { Leases } from './leases.ts'

/** Leases as rows that go by themselves (whole seconds, rounded up), taken by compare-and-set. */
export function createCassandraLeases(cassandra: Cassandra): Leases {
  return {
    async take(name, holder, ttlMs) {
      const seconds = Math.ceil(ttlMs / 1_000)
      const taken = await cassandra.executeIf(
        'INSERT INTO leases (name, holder) VALUES (?, ?) IF NOT EXISTS USING TTL ?',
        [name, holder, seconds],
      )
      if (!taken.applied) return null
      return {
        async renew() {
          const renewed = await cassandra.executeIf(
            'UPDATE leases USING TTL ? SET holder = ? WHERE name = ? IF holder = ?',
            [seconds, holder, name, holder],
          )
          if (!renewed.applied) throw new Conflict(`the lease "${name}" was lost`)
        },
        async [Symbol.asyncDispose]() {
          await cassandra.executeIf('DELETE FROM leases WHERE name = ? IF holder = ?', [name, holder])
        },
      }
    },
  }
}
