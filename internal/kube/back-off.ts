import { setTimeout as sleep } from 'node:timers/promises'
import { Unavailable } from '#internal/errors/errors.ts'

export interface BackOffLimits {
  readonly firstMs: number
  readonly maxMs: number
}

/**
 * How long to wait after so many failures in a row (1 is the first): doubling, up to a cap, and somewhere between half
 * of it and all of it, so that many clients do not come back at once.
 */
export function backOffMs(failures: number, { firstMs, maxMs }: BackOffLimits): number {
  const whole = Math.min(firstMs * 2 ** Math.min(failures - 1, 30), maxMs)
  return whole * (0.5 + Math.random() / 2)
}

/** The same, and not before the time that a busy API server asked for. */
export function retryMs(error: unknown, failures: number, limits: BackOffLimits): number {
  const asked =
    error instanceof Unavailable && error.retryAfterSeconds > 1 ? error.retryAfterSeconds * 1000 : 0
  return Math.max(backOffMs(failures, limits), asked)
}

/** Ends early, without an error, when the signal ends. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}
