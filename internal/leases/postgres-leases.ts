import { Conflict } from '#internal/errors/errors.ts'
import type { Postgres } from '#internal/postgres/client.ts'
import type { Leases } from './leases.ts'

const takeLease = `
  INSERT INTO productviews.leases AS standing (name, holder, expiresat)
  VALUES ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
  ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expiresat = excluded.expiresat
    WHERE standing.expiresat < clock_timestamp()`

const renewLease = `
  UPDATE productviews.leases SET expiresat = clock_timestamp() + $3 * interval '1 millisecond'
  WHERE name = $1 AND holder = $2 AND expiresat >= clock_timestamp()`

/** Leases as rows that lapse by the server's clock. */
export function createPostgresLeases(postgres: Postgres): Leases {
  return {
    async take(name, holder, ttlMs) {
      if ((await postgres.execute(takeLease, [name, holder, ttlMs])) === 0) return null
      return {
        async renew() {
          const renewed = await postgres.execute(renewLease, [name, holder, ttlMs])
          if (renewed === 0) throw new Conflict(`the lease "${name}" was lost`)
        },
        async [Symbol.asyncDispose]() {
          await postgres.execute('DELETE FROM productviews.leases WHERE name = $1 AND holder = $2', [
            name,
            holder,
          ])
        },
      }
    },
  }
}
