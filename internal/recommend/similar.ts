import { compareBytes } from '#internal/domain/product-view.ts'
import { maxCandidates } from './evidence/evidence.ts'
import { createBest } from './evidence/sums.ts'
import { createSurroundings } from './evidence/surroundings.ts'
import { createWitnesses } from './evidence/witnesses.ts'
import { createFilter, defaultFilters, whatIsThere } from './filters.ts'
import { none } from './index/columns.ts'
import { countRecommended } from './recommended-items.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { CatalogueFollower } from './catalogue.ts'
import type { ProductFilters } from './filters.ts'
import type { LiveViews } from './live/live-views.ts'

/** So many of the newest sessions with the product are looked through. */
const sessionsAsked = 1_000
/** Keeps two products that were seen once, and together, from being the most similar of all. */
const smoothing = 2

export interface SimilarItem {
  readonly productId: string
  /** From 0 to about 1: how much of what is viewed near either is viewed near both. */
  readonly score: number
  readonly source: 'sessions'
  readonly because: {
    readonly kind: 'viewed-together'
    readonly product: string
    /** Visitors who lately viewed both in one session. */
    readonly visitors: number
  }
}

export interface SimilarProducts {
  /** A UUIDv7 that names this answer. */
  readonly recommendationId: string
  readonly degraded: boolean
  readonly warming: boolean
  readonly items: readonly SimilarItem[]
}

export interface Similar {
  /** What visitors view together with a product, most similar first; none for one that nobody viewed. */
  to(productId: string, options: { limit: number; filters: ProductFilters }): SimilarProducts
}

/** Answers from memory alone. `newId` gives a UUIDv7. */
export function createSimilar(parts: {
  live: Pick<LiveViews, 'index' | 'warm' | 'healthy'>
  catalogue: Pick<CatalogueFollower, 'current'>
  metrics: Metrics
  newId: () => string
}): Similar {
  const { live, catalogue, newId } = parts
  const { index } = live
  const { products, counts } = index
  const recommended = countRecommended(parts.metrics)
  const surroundings = createSurroundings(index)
  const witnesses = createWitnesses(index)
  const best = createBest(maxCandidates, (a, b) => compareBytes(products.id(a), products.id(b)) < 0)

  /** The cosine of both products' views, those near each other counted by 1/steps. */
  function similarity(item: number, other: number): number {
    const together = surroundings.after.get(other) + surroundings.before.get(other)
    return together / (Math.sqrt(counts.total(item) * counts.total(other)) + smoothing)
  }

  function collect(item: number, limit: number, accepts: (item: number) => boolean): void {
    surroundings.clear()
    surroundings.collect(item, none, sessionsAsked, () => {})
    best.start(limit)
    const { after, before } = surroundings
    for (const sums of [after, before]) {
      for (let n = 0; n < sums.size; n++) {
        const other = sums.number(n)
        const isCounted = sums === before && after.get(other) > 0
        if (!isCounted && accepts(other)) best.offer(other, similarity(item, other))
      }
    }
    best.sort()
  }

  return {
    to(productId, { limit, filters }) {
      const item = products.find(productId)
      const { accepts } = createFilter(
        { ...defaultFilters, ...filters },
        { ...whatIsThere(catalogue.current(), index), current: productId },
      )
      best.start(0)
      if (item !== none) collect(item, limit, other => accepts({ productId: products.id(other) }))
      const items = Array.from(best.numbers.subarray(0, best.size), (other): SimilarItem => {
        const visitors = witnesses.ofBoth(item, other)
        return {
          productId: products.id(other),
          score: similarity(item, other),
          source: 'sessions',
          because: { kind: 'viewed-together', product: productId, visitors },
        }
      })
      for (const { source } of items) recommended.add({ source })
      return { recommendationId: newId(), degraded: !live.healthy, warming: !live.warm, items }
    },
  }
}
