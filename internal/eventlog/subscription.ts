import type { Subscription } from './log.ts'

/** A handler that goes on after its subscription was disposed is told to stop after so long, and left after as long again. */
export const graceMs = 5_000

/** The two ends of a subscription's life: no new work from `stopping` on; what still runs is cut at `cut`. */
export interface Lifetime {
  readonly stopping: AbortSignal
  readonly cut: AbortSignal
  stop(): void
}

export function createLifetime(): Lifetime {
  const stopping = new AbortController()
  const cut = new AbortController()
  return {
    stopping: stopping.signal,
    cut: cut.signal,
    stop() {
      if (stopping.signal.aborted) return
      stopping.abort()
      setTimeout(() => cut.abort(), graceMs).unref()
    },
  }
}

/** A subscription over a lifetime; `finish` resolves when all its work has ended. */
export function createSubscription(options: {
  lifetime: Lifetime
  healthy: () => boolean
  lastActiveAt: () => number
  finish: () => Promise<void>
}): Subscription {
  const { lifetime, healthy, lastActiveAt, finish } = options
  return {
    get healthy() {
      return healthy() && !lifetime.stopping.aborted
    },
    get lastActiveAt() {
      return lastActiveAt()
    },
    async [Symbol.asyncDispose]() {
      lifetime.stop()
      await finish()
    },
  }
}

/** Resolves with the promise or when the signal ends, whichever comes first, and leaves no listener behind. */
export async function orEnded(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const end = Promise.withResolvers<void>()
  const listener = () => end.resolve()
  signal.addEventListener('abort', listener)
  try {
    await Promise.race([promise, end.promise])
  } finally {
    signal.removeEventListener('abort', listener)
  }
}
