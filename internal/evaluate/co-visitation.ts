import { createLeaders } from './leaders.ts'
import { createOpenVisits } from './open-visits.ts'
import { best, createScores, fill, forbidden } from './selection.ts'
import { sessionGapMs } from './sessions.ts'
import { createNumbering } from './views.ts'
import type { Method } from './method.ts'

export interface CoVisitationOptions {
  /** A visit ends after so long a silence. */
  readonly gapMs?: number
  /** So many earlier views of the visit are paired with a new one. */
  readonly window?: number
  /** So many products of the asking visit count, the newest first. */
  readonly last?: number
  /** What an older product of the asking visit counts, against the one after it. */
  readonly decay?: number
  /** Added to the cosine's denominator, so that pairs of rare products don't lead by chance. */
  readonly shrinkage?: number
}

/**
 * Products that are seen in the same visits: each pair counts 1 / steps between its views, both ways, and is
 * divided by the root of both products' views (cosine). Filled up with the most viewed.
 */
export function createCoVisitation(options: CoVisitationOptions = {}): Method {
  const { gapMs = sessionGapMs, window = 10, last = 5, decay = 0.7, shrinkage = 1 } = options
  const products = createNumbering()
  const popular = createLeaders()
  const visits = createOpenVisits(gapMs, () => {})
  const together: Map<number, number>[] = []
  const scores = createScores()

  function pair(a: number, b: number, weight: number): void {
    const others = (together[a] ??= new Map())
    others.set(b, (others.get(b) ?? 0) + weight)
  }

  function scoreWith(seed: number, weight: number, not: ReadonlySet<number>): void {
    const views = popular.countOf(seed)
    for (const [product, strength] of together[seed] ?? []) {
      if (not.has(product)) continue
      const cosine = strength / (Math.sqrt(views * popular.countOf(product)) + shrinkage)
      scores.add(product, weight * cosine)
    }
  }

  return {
    name: 'co-visitation',
    observe({ userId, productId, time }) {
      const product = products.of(productId)
      popular.count(product)
      const visit = visits.add(userId, product, time)
      const met = new Set([product])
      for (let steps = 1; steps <= window && steps < visit.length; steps += 1) {
        const earlier = visit[visit.length - 1 - steps] as number
        if (met.has(earlier)) continue
        met.add(earlier)
        pair(earlier, product, 1 / steps)
        pair(product, earlier, 1 / steps)
      }
    },
    recommend(question) {
      const not = forbidden(question, products)
      const met = new Set<number>()
      question.visit
        .slice(-last)
        .reverse()
        .forEach((id, steps) => {
          const seed = products.find(id)
          if (seed === undefined || met.has(seed)) return
          met.add(seed)
          scoreWith(seed, decay ** steps, not)
        })
      const list = best(
        scores.touched,
        question.limit,
        (a, b) => scores.of(b) - scores.of(a) || popular.countOf(b) - popular.countOf(a) || a - b,
      )
      scores.clear()
      fill(list, question.limit, popular, not)
      return list.map(product => products.ids[product] as string)
    },
  }
}
