import { setTimeout as sleep } from 'node:timers/promises'

export interface BackOff {
  /** Waits a little longer each time; returns early, without an error, when the signal ends. */
  wait(signal?: AbortSignal): Promise<void>
  reset(): void
}

/** Doubling delays with full jitter between half and the whole, so that many clients do not come back at once. */
export function backOff(options: { firstMs?: number; maxMs?: number } = {}): BackOff {
  const { firstMs = 100, maxMs = 5_000 } = options
  let next = firstMs
  return {
    async wait(signal) {
      const delay = next * (0.5 + Math.random() / 2)
      next = Math.min(next * 2, maxMs)
      await sleep(delay, undefined, signal ? { signal } : {}).catch(() => undefined)
    },
    reset() {
      next = firstMs
    },
  }
}
