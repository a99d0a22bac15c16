import { compareBytes } from '#internal/domain/product-view.ts'
import { grown } from './columns.ts'
import { decayWeights, spanOf } from './view-counts.ts'
import type { Interner } from './interner.ts'
import type { ViewCounts } from './view-counts.ts'

/** A view counts half as much for what is trending with every day that goes by. */
export const trendingHalfLifeMs = 24 * 60 * 60 * 1000
/** So many products are kept in order; who asks for more of them gets what there is. */
export const trendingLength = 500

export interface TrendingItem {
  readonly item: number
  /** Its views, decayed by {@link trendingHalfLifeMs}. */
  readonly views: number
}

/** The products that are viewed most these days. */
export interface Trending {
  /** Best first, ties by id; at most {@link trendingLength}. */
  top(now: number): readonly TrendingItem[]
  /** One product's decayed views. */
  of(item: number, now: number): number
  /** A view of the product came. */
  rose(item: number): void
  /** Views were taken away from products that may be among the first. */
  fell(): void
  bytes(): number
}

/**
 * Two products keep their order as time goes by, since both halve together: only a view can bring one among the first,
 * so only those viewed since the last question are looked at. When views were taken away, all are gone through at the
 * next question; not so for those that made room for newer ones, which are the oldest and count least.
 */
export function createTrending(counts: ViewCounts, products: Interner): Trending {
  const weights = decayWeights(trendingHalfLifeMs)
  let kept: number[] = []
  let isKept = new Uint8Array(16)
  let risen: number[] = []
  let isRisen = new Uint8Array(16)
  let mustLookAtAll = false
  let last: readonly TrendingItem[] = []
  let lastSpan = 0

  function rank(candidates: readonly number[], now: number): TrendingItem[] {
    return candidates
      .map(item => ({ item, views: counts.decayed(item, now, weights) }))
      .filter(({ views }) => views > 0)
      .sort((a, b) => b.views - a.views || compareBytes(products.id(a.item), products.id(b.item)))
      .slice(0, trendingLength)
  }

  function candidates(): number[] {
    if (!mustLookAtAll) return [...kept, ...risen.filter(item => isKept[item] !== 1)]
    return Array.from({ length: products.used }, (_, item) => item).filter(item => counts.total(item) > 0)
  }

  function keep(top: readonly TrendingItem[]): void {
    for (const item of kept) isKept[item] = 0
    for (const item of risen) isRisen[item] = 0
    kept = top.map(({ item }) => item)
    for (const item of kept) isKept[item] = 1
    risen = []
    mustLookAtAll = false
  }

  return {
    top(now) {
      if (risen.length > 0 || mustLookAtAll || spanOf(now) !== lastSpan) {
        last = rank(candidates(), now)
        lastSpan = spanOf(now)
        keep(last)
      }
      return last
    },
    of: (item, now) => counts.decayed(item, now, weights),
    rose(item) {
      isKept = grown(isKept, item + 1)
      isRisen = grown(isRisen, isKept.length)
      if (isRisen[item] === 1) return
      isRisen[item] = 1
      risen.push(item)
    },
    fell() {
      mustLookAtAll = true
    },
    bytes: () => isKept.byteLength + isRisen.byteLength + 8 * (kept.length + risen.length),
  }
}
