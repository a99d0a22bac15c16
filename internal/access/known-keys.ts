import { startPolling } from '#internal/process/polling.ts'
import { digestOf } from './key.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Key } from './key.ts'
import type { KeyStore } from './key-store.ts'

/** What a key is good for: `not-ready` until the keys were read for the first time. */
export type Verdict = 'allowed' | 'unknown' | 'expired' | 'out-of-scope' | 'not-ready'

/** All keys in memory, so that no question waits for a database. */
export interface KnownKeys extends AsyncDisposable {
  /** May who brings this text do what the scope names? Asks nobody. */
  check(text: string, scope: string): Verdict
  /** What keeps it from answering; `null` once the keys were read. */
  readiness(): string | null
}

/**
 * Reads the keys every `everyMs`, so that what is made or revoked shows by then; while the database is away those known go
 * on. `now` gives epoch milliseconds.
 */
export function followKeys(options: {
  store: Pick<KeyStore, 'all'>
  logger: Logger
  now: () => number
  everyMs?: number
}): KnownKeys {
  const { store, logger, now, everyMs = 10_000 } = options
  let known: ReadonlyMap<string, Key> | null = null
  let problem: string | null = 'the keys have not been read yet'
  let away = false

  const polling = startPolling(async signal => {
    try {
      const keys = await store.all()
      if (known === null && keys.length === 0) {
        logger.warn({}, 'there is no key yet, so nobody is answered: vitrine keys create makes one')
      }
      known = new Map(keys.map(key => [key.digest, key]))
      problem = null
      if (away) logger.info({}, 'the keys are read again')
      away = false
    } catch (error) {
      if (signal.aborted) return
      if (known === null) problem = `the keys could not be read: ${(error as Error).message}`
      if (!away) logger.warn({ error }, 'the keys could not be read; those known go on')
      away = true
    }
  }, everyMs)

  return {
    check(text, scope) {
      if (known === null) return 'not-ready'
      // Found by its digest: how long that takes tells nothing of a key's text.
      const key = known.get(digestOf(text))
      if (key === undefined) return 'unknown'
      if (key.expiresAt !== null && key.expiresAt <= now()) return 'expired'
      return key.scopes.some(one => one === scope || one === 'admin') ? 'allowed' : 'out-of-scope'
    },
    readiness: () => problem,
    [Symbol.asyncDispose]: () => polling[Symbol.asyncDispose](),
  }
}
