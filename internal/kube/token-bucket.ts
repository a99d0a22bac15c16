/** Lets through so many at once, and one more each so many milliseconds. */
export interface TokenBucket {
  /** False when there is none left at this time, in milliseconds. */
  take(nowMs: number): boolean
}

export function createTokenBucket({ burst, refillMs }: { burst: number; refillMs: number }): TokenBucket {
  let tokens = burst
  let filledAt: number | null = null
  return {
    take(nowMs) {
      const gained = filledAt === null ? 0 : (nowMs - filledAt) / refillMs
      tokens = Math.min(burst, tokens + Math.max(0, gained))
      filledAt = nowMs
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
  }
}
