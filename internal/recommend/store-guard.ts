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

/** Asks the store on the answering path: each read has a time limit, and a store that is away is not asked for a while. */
export type StoreGuard = <T>(ask: () => Promise<T>) => Promise<Guarded<T>>

/** So long a read may take, and a question may wait for all its reads together, milliseconds. */
const storeLimitMs = 500

/**
 * Waits for what is read for one question, until the time for all of it is up: `null` says that it is. What is in
 * memory comes also then.
 */
export type Deadline = <T>(answer: Promise<T>) => Promise<T | null>

/** The time for one question, which begins now. */
export function startDeadline(limitMs = storeLimitMs): Deadline {
  const end = performance.now() + limitMs
  return <T>(answer: Promise<T>) =>
    new Promise<T | null>((resolve, reject) => {
      const timer = setTimeout(() => resolve(null), Math.max(0, end - performance.now()))
      answer.then(resolve, reject).finally(() => clearTimeout(timer))
    })
}

const isAway = (error: unknown) => error instanceof Unavailable || error instanceof TaskCancelledError

/** `timeLimitMs` bounds one read; after three failures in a row the store is left alone for `pauseMs`. */
export function createStoreGuard({ timeLimitMs = storeLimitMs, pauseMs = 1_000 } = {}): StoreGuard {
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
