import { compareBytes } from '#internal/domain/product-view.ts'
import { grown } from './columns.ts'
import { decayWeights, spanOf, spans } from './view-counts.ts'
import type { Interner } from './interner.ts'
import type { ViewCounts } from './view-counts.ts'

/** A view counts half as much for what is trending with every day that goes by. */
export const trendingHalfLifeMs = 24 * 60 * 60 * 1000
/** So many products are told in order; who asks for more of them gets what there is. */
export const trendingLength = 500
/** So many products may rise before they are put in order. */
const mostRisen = 1_000
/** So many products are looked at with a question when all are gone through. */
const stretch = 1_000
/** Sums that differ by less are the same ones, decayed in other steps. */
const rounding = 1e-9

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
  /** A view of the product came, and the newest of all views is of `now`. */
  rose(item: number, now: number): void
  /** Views were taken away from products that may be among the first. */
  fell(): void
  bytes(): number
}

/** The best product that is not among the kept ones, as it was at some span: none of those left out is better. */
interface Bound extends TrendingItem {
  readonly productId: string
  readonly span: number
}

/**
 * Keeps half as many products again as are told. Two products keep their order as time goes by, since both halve
 * together, so only a view can bring one among the first: those that rose are put in order with the kept ones. When
 * kept ones fell behind the best of those left out, and too few are left that are surely before it, all products are
 * gone through, some with each question; until that is done others may be missing at the end of the list. So no question
 * takes long, however many products there are.
 */
export function createTrending(counts: ViewCounts, products: Interner, length = trendingLength): Trending {
  const weights = decayWeights(trendingHalfLifeMs)
  const mostKept = Math.ceil(1.5 * length)
  let kept: readonly TrendingItem[] = []
  let risen: number[] = []
  let isRisen = new Uint8Array(16)
  let best: Bound | null = null
  let search: { next: number; found: readonly TrendingItem[]; best: Bound | null } | null = null
  let mustOrder = false
  let lastSpan = 0
  let last: readonly TrendingItem[] = []

  const inOrder = (a: TrendingItem, b: TrendingItem) =>
    b.views - a.views || compareBytes(products.id(a.item), products.id(b.item))

  /** In order, each once, without what is not viewed any more. */
  function order(items: Iterable<number>, now: number): TrendingItem[] {
    return Array.from(new Set(items), item => ({ item, views: counts.decayed(item, now, weights) }))
      .filter(({ views }) => views > 0)
      .sort(inOrder)
  }

  /** Is it before the bound? */
  function isSure({ item, views }: TrendingItem, bound: Bound | null, now: number): boolean {
    if (bound === null) return true
    const then = bound.views * (weights[Math.min(spans - 1, Math.max(0, spanOf(now) - bound.span))] as number)
    if (Math.abs(views - then) > rounding * then) return views > then
    return compareBytes(products.id(item), bound.productId) < 0
  }

  function betterBound(bound: Bound | null, one: TrendingItem | undefined, now: number): Bound | null {
    if (one === undefined || !isSure(one, bound, now)) return bound
    return { ...one, productId: products.id(one.item), span: spanOf(now) }
  }

  function settle(now: number): void {
    const ordered = order(
      kept.map(({ item }) => item),
      now,
    )
    const isThere = new Set(ordered.map(({ item }) => item))
    const lastKept = ordered[mostKept - 1]
    const rising: TrendingItem[] = []
    // Most that rise stay behind the kept ones: of these only the best matters.
    let behind: TrendingItem | undefined
    for (const item of risen) {
      isRisen[item] = 0
      const one = { item, views: counts.decayed(item, now, weights) }
      if (one.views <= 0 || isThere.has(item)) continue
      if (lastKept === undefined || inOrder(one, lastKept) < 0) rising.push(one)
      else if (behind === undefined || inOrder(one, behind) < 0) behind = one
    }
    risen = []
    mustOrder = false
    lastSpan = spanOf(now)
    keep([...ordered, ...rising].sort(inOrder), now, behind)
  }

  function keep(ordered: readonly TrendingItem[], now: number, behind?: TrendingItem): void {
    for (const left of [ordered[mostKept], behind]) {
      best = betterBound(best, left, now)
      if (search !== null) search.best = betterBound(search.best, left, now)
    }
    kept = ordered.slice(0, mostKept)
    last = kept.slice(0, length)
    const lastToTell = kept[length - 1]
    const isEnough = best === null || (lastToTell !== undefined && isSure(lastToTell, best, now))
    if (!isEnough) search ??= { next: 0, found: [], best: null }
  }

  /** Goes through some more of all products; those found take their place once all were looked at. */
  function searchOn(now: number): void {
    if (search === null) return
    const end = Math.min(products.used, search.next + stretch)
    const some = Array.from({ length: end - search.next }, (_, i) => (search?.next ?? 0) + i)
    const ordered = order([...search.found.map(({ item }) => item), ...some], now)
    search.best = betterBound(search.best, ordered[mostKept], now)
    search.found = ordered.slice(0, mostKept)
    search.next = end
    if (end < products.used) return
    const found = search.found.map(({ item }) => item)
    best = search.best
    search = null
    keep(order([...kept.map(({ item }) => item), ...found], now), now)
  }

  return {
    top(now) {
      if (risen.length > 0 || mustOrder || spanOf(now) !== lastSpan) settle(now)
      searchOn(now)
      return last
    },
    of: (item, now) => counts.decayed(item, now, weights),
    rose(item, now) {
      isRisen = grown(isRisen, item + 1)
      if (isRisen[item] === 1) return
      isRisen[item] = 1
      risen.push(item)
      if (risen.length >= mostRisen) settle(now)
    },
    fell() {
      mustOrder = true
    },
    bytes: () => isRisen.byteLength + 8 * risen.length + 48 * (kept.length + (search?.found.length ?? 0)),
  }
}
