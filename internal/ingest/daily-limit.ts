import type { ProductView } from '#internal/domain/product-view.ts'

const dayMs = 86_400_000

/** Cuts off users that look at more in a day than a person can: robots, and shops that send one id for all guests. */
export interface DailyLimit {
  /** Counts the view; false when its user has had enough on its day (UTC, by the view's timestamp). */
  take(view: ProductView): boolean
  /** Takes back a counted view that did not get into the log. */
  giveBack(view: ProductView): void
}

export interface DailyLimitOptions {
  readonly maxPerDay: number
  /** Users' days that are remembered; beyond, the one not seen for longest starts anew. */
  readonly maxDays?: number
  /** Views of busy users that are remembered in all, some 20 bytes each; beyond, the same. */
  readonly maxViews?: number
}

interface Day {
  /** The first views, a tenth of the limit: counted, not known. */
  early: number
  /** Those after them, each by its hash. */
  readonly known: Set<number>
}

/**
 * Counts different views, so that a retry is never punished: a user is cut off at the earliest after `maxPerDay`
 * different views of a day, at the latest after a tenth more. Only who gets beyond that tenth costs memory by view.
 */
export function createDailyLimit(options: DailyLimitOptions): DailyLimit {
  const { maxPerDay, maxDays = 200_000, maxViews = 2_000_000 } = options
  const maxEarly = Math.floor(maxPerDay / 10)
  const days = new Map<string, Day>()
  let held = 0

  function dayOf({ userId, timestamp }: ProductView): Day {
    const key = `${Math.floor(timestamp / dayMs)} ${userId}`
    const day = days.get(key) ?? { early: 0, known: new Set() }
    // Set anew, a key goes to the end: the first is the one not seen for longest.
    days.delete(key)
    days.set(key, day)
    return day
  }

  function makeRoom(): void {
    while (days.size > 1 && (days.size > maxDays || held > maxViews)) {
      const [key, { known }] = days.entries().next().value as [string, Day]
      held -= known.size
      days.delete(key)
    }
  }

  return {
    take(view) {
      const day = dayOf(view)
      if (day.early < maxEarly) day.early += 1
      else {
        const hash = hashOf(view)
        if (day.known.has(hash)) return true
        if (day.known.size >= maxPerDay) return false
        day.known.add(hash)
        held += 1
      }
      makeRoom()
      return true
    },
    giveBack(view) {
      const day = dayOf(view)
      if (day.known.delete(hashOf(view))) held -= 1
      else day.early = Math.max(0, day.early - 1)
      makeRoom()
    },
  }
}

/** FNV-1a of what makes a view a repeat, cut to the 30 bits that a set holds without a box for each. */
function hashOf({ messageId, timestamp }: ProductView): number {
  const text = `${messageId} ${timestamp}`
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 2
}
