import { Conflict } from '#internal/errors/errors.ts'
import type { Leases } from './leases.ts'

/** Leases in memory, for tests of what uses them; `now` gives epoch milliseconds, `reachable` throws while they are away. */
export function createFakeLeases({
  now = Date.now,
  reachable = async () => {},
}: {
  now?: () => number
  reachable?: () => Promise<void>
} = {}): Leases {
  const leases = new Map<string, { holder: string; expiresAt: number }>()
  return {
    async take(name, holder, ttlMs) {
      await reachable()
      const standing = leases.get(name)
      if (standing && standing.expiresAt >= now()) return null
      leases.set(name, { holder, expiresAt: now() + ttlMs })
      const isHeld = () => leases.get(name)?.holder === holder && (leases.get(name)?.expiresAt ?? 0) >= now()
      return {
        async renew() {
          await reachable()
          if (!isHeld()) throw new Conflict(`the lease "${name}" was lost`)
          leases.set(name, { holder, expiresAt: now() + ttlMs })
        },
        async [Symbol.asyncDispose]() {
          await reachable()
          if (isHeld()) leases.delete(name)
        },
      }
    },
  }
}
