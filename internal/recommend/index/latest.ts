import { compareBytes } from '#internal/domain/product-view.ts'
import { none } from './columns.ts'
import { createPath } from './session-chunks.ts'
import type { Interner } from './interner.ts'
import type { SessionTable } from './session-table.ts'

/** A product that a user viewed, and when: effective, epoch milliseconds. */
export interface Viewed {
  readonly productId: string
  readonly time: number
}

/** What a user viewed last. */
export interface Latest {
  /** The user's newest views, the newest first, at most `limit`. */
  readonly latest: (userId: string, limit: number) => Viewed[]
  /**
   * The user's `limit` newest products, each once, newest first, ties by id, with their newest times; `null` when fewer
   * are held, or views were dropped that may belong among them.
   */
  readonly latestProducts: (userId: string, limit: number) => Viewed[] | null
}

/** Of a session of `mostViews` earlier views may have been dropped. */
export function createLatest(
  { products, visitors, sessions }: { products: Interner; visitors: Interner; sessions: SessionTable },
  mostViews: number,
): Latest {
  const path = createPath(mostViews)

  function* sessionsOf(userId: string): Generator<number> {
    const visitor = visitors.find(userId)
    let session = visitor === none ? none : sessions.newest(visitor)
    for (; session !== none; session = sessions.older(session)) yield session
  }

  const viewedAt = (i: number): Viewed => ({
    productId: products.id(path.items[i] as number),
    time: path.times[i] as number,
  })

  return {
    latest(userId, limit) {
      const found: Viewed[] = []
      for (const session of sessionsOf(userId)) {
        if (found.length >= limit) break
        sessions.read(session, path)
        for (let i = path.length - 1; i >= 0 && found.length < limit; i--) found.push(viewedAt(i))
      }
      return found
    },

    latestProducts(userId, limit) {
      const newest = new Map<string, Viewed>()
      for (const session of sessionsOf(userId)) {
        if (newest.size >= limit) break
        sessions.read(session, path)
        const isCut = path.length === mostViews
        for (let i = path.length - 1; i >= 0; i--) {
          const viewed = viewedAt(i)
          // What a session without end has dropped may be as old as the oldest that it kept.
          if (newest.has(viewed.productId) || (isCut && viewed.time === path.times[0])) continue
          newest.set(viewed.productId, viewed)
        }
        if (isCut) break
      }
      if (newest.size < limit) return null
      return [...newest.values()]
        .sort((a, b) => b.time - a.time || compareBytes(a.productId, b.productId))
        .slice(0, limit)
    },
  }
}
