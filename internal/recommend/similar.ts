import { compareBytes } from '#internal/domain/product-view.ts'
import { maxCandidates } from './evidence/evidence.ts'
import { Best } from './evidence/best.ts'
import { createReading } from './evidence/reading.ts'
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
  const reading = createReading(index)
  const surroundings = createSurroundings(reading)
  const witnesses = createWitnesses(index)
  const { found } = reading
  const idOf = (number: number) => products.id(found.products[number] as number)
  const best = new Best(maxCandidates, (a, b) => compareBytes(idOf(a), idOf(b)) < 0)

  /** The cosine of both products' views, those near each other counted by 1/steps. */
  function similarity(item: number, number: number): number {
    const together = surroundings.after.get(number) + surroundings.before.get(number)
    const views = counts.total(item) * counts.total(found.products[number] as number)
    return together / (Math.sqrt(views) + smoothing)
  }

  function collect(item: number, limit: number, accepts: (productId: string) => boolean): void {
    reading.start(Uint32Array.of(item), 1)
    surroundings.collect(0, reading.read(item, none, sessionsAsked))
    best.start(limit)
    for (let number = 1; number < found.size; number++) {
      const score = similarity(item, number)
      if (score > 0 && best.takes(number, score) && accepts(idOf(number))) best.offer(number, score)
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
      if (item !== none) collect(item, limit, productId => accepts({ productId }))
      const items = Array.from(best.numbers.subarray(0, best.size), (number): SimilarItem => {
        const visitors = witnesses.ofBoth(item, found.products[number] as number)
        return {
          productId: idOf(number),
          score: similarity(item, number),
          source: 'sessions',
          because: { kind: 'viewed-together', product: productId, visitors },
        }
      })
      for (const { source } of items) recommended.add({ source })
      return { recommendationId: newId(), degraded: !live.healthy, warming: !live.warm, items }
    },
  }
}
