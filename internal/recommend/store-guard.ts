import {
  BrokenCircuitError,
  circuitBreaker,
  ConsecutiveBreaker,
  handleWhen,
  TaskCancelledError,
  timeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel'
import { Unavailable } from '#internal/errors/errors.ts'

/** An answer of the store, or that it is away. */
export type Guarded<T> = { readonly there: true; readonly value: T } | { readonly there: false }

/** Asks the store on the answering path: each question has a time limit, and a store that is away is not asked for a while. */
export type StoreGuard = <T>(ask: () => Promise<T>) => Promise<Guarded<T>>

const isAway = (error: unknown) => error instanceof Unavailable || error instanceof TaskCancelledError

/** `timeLimitMs` bounds one question; after three failures in a row the store is left alone for `pauseMs`. */
export function createStoreGuard({ timeLimitMs = 500, pauseMs = 1_000 } = {}): StoreGuard {
  const policy = wrap(
    circuitBreaker(handleWhen(isAway), { halfOpenAfter: pauseMs, breaker: new ConsecutiveBreaker(3) }),
    timeout(timeLimitMs, TimeoutStrategy.Aggressive),
  )
  return async ask => {
    try {
      return { there: true, value: await policy.execute(ask) }
    } catch (error) {
      if (isAway(error) || error instanceof BrokenCircuitError) return { there: false }
      throw error
    }
  }
}
