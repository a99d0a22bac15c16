import { Unavailable } from '#internal/errors/errors.ts'
import { startPolling } from '#internal/process/polling.ts'
import type { OrdersReader, PublishedSet, Version } from '#internal/orders/store.ts'
import type { Logger } from '#internal/telemetry/logger.ts'

/** What follows a published set: it holds the newest version that could be read, also while the store is away. */
export interface Follower extends AsyncDisposable {
  /** What keeps it from having anything to say; `null` once the store answered the first time. */
  readiness(): string | null
  /** Did the last look at the store succeed? */
  readonly fresh: boolean
}

/**
 * Looks every `everyMs` for a newer version of a set and hands it to `adopt`, which reads it; `null` says that
 * nothing is published yet. A version that could not be adopted is tried again.
 */
export function followPublished(options: {
  store: Pick<OrdersReader, 'currentVersion'>
  set: PublishedSet
  adopt: (version: Version | null, signal: AbortSignal) => Promise<void>
  everyMs: number
  logger: Logger
}): Follower {
  const { store, set, adopt, everyMs, logger } = options
  let adopted: string | null | undefined
  let fresh = true

  const polling = startPolling(async signal => {
    try {
      const version = await store.currentVersion(set)
      const id = version?.id ?? null
      if (id !== adopted) {
        await adopt(version, signal)
        adopted = id
        logger.info({ set, version: id }, 'published set adopted')
      }
      if (!fresh) logger.info({ set }, 'published set is fresh again')
      fresh = true
    } catch (error) {
      if (signal.aborted) return
      if (fresh) logger.warn({ set, error }, complaint(error))
      fresh = false
    }
  }, everyMs)

  return {
    readiness: () => (adopted === undefined ? `the published ${set} have not been read yet` : null),
    get fresh() {
      return fresh
    },
    [Symbol.asyncDispose]: () => polling[Symbol.asyncDispose](),
  }
}

function complaint(error: unknown): string {
  return error instanceof Unavailable
    ? 'the store is away; answering with the version at hand'
    : 'a published set could not be read; answering with the version at hand'
}
