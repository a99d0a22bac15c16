import { Conflict } from '#internal/errors/errors.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Lease } from './leases.ts'

/**
 * Renews a lease three times in its `ttlMs` until disposed, then gives it back. `onLost` is called when it was lost, or
 * couldn't be renewed before it lapses: the holder must stop, since another may begin. Disposing never rejects.
 */
export function holdLease(
  lease: Lease,
  { ttlMs, onLost, logger }: { ttlMs: number; onLost: (error: unknown) => void; logger: Logger },
): AsyncDisposable {
  const renewEveryMs = ttlMs / 3
  let renewedAt = performance.now()
  const timer = setInterval(() => {
    const asked = performance.now()
    lease.renew().then(
      () => {
        renewedAt = asked
      },
      (error: unknown) => {
        const lapses = performance.now() - renewedAt > ttlMs - renewEveryMs
        if (lapses || error instanceof Conflict) onLost(error)
      },
    )
  }, renewEveryMs)
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      try {
        await lease[Symbol.asyncDispose]()
      } catch (error) {
        logger.warn({ error }, 'could not give back a lease; it lapses by itself')
      }
    },
  }
}
