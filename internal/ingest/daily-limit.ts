import type { ProductView } from '#internal/domain/product-view.ts'

const dayMs = 86_400_000

/** Cuts off users that look at more in a day than a person can: robots, and shops that send one id for all guests. */
export interface DailyLimit {
  /** Counts the view; false when its user has had enough on its day (UTC, by the view's timestamp). */
  take(view: ProductView): boolean
  /** Takes back a counted view that did not get into the log. */
  giveBack(view: ProductView): void
}

/** Remembers the users and days seen last, at most `capacity` of them, so that its memory is bounded. */
export function createDailyLimit(maxPerDay: number, capacity = 200_000): DailyLimit {
  const counts = new Map<string, number>()
  const keyOf = ({ userId, timestamp }: ProductView) => `${Math.floor(timestamp / dayMs)} ${userId}`

  return {
    take(view) {
      const key = keyOf(view)
      const count = counts.get(key) ?? 0
      // Set anew, a key goes to the end: the first is the one not seen for longest.
      counts.delete(key)
      counts.set(key, Math.min(count + 1, maxPerDay))
      if (counts.size > capacity) counts.delete(counts.keys().next().value as string)
      return count < maxPerDay
    },
    giveBack(view) {
      const key = keyOf(view)
      const count = counts.get(key)
      if (count !== undefined) counts.set(key, Math.max(0, count - 1))
    },
  }
}
