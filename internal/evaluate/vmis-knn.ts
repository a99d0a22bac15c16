import { createLeaders } from './leaders.ts'
import { createOpenVisits } from './open-visits.ts'
import { best, createScores, fill, forbidden } from './selection.ts'
import { sessionGapMs } from './sessions.ts'
import { createNumbering } from './views.ts'
import type { Method } from './method.ts'

export interface VmisKnnOptions {
  /** A visit ends after so long a silence. */
  readonly gapMs?: number
  /** So many of the newest visits that share a product are looked at. */
  readonly m?: number
  /** So many of them, the most similar, count. */
  readonly k?: number
  /** So many products of the asking visit count, the newest first. */
  readonly last?: number
  /** Visits with more products than this are no evidence. */
  readonly maxProducts?: number
}

/** Past visits that hold one product of the asking visit, oldest first, and how far `at` they are read, from the end. */
interface Matches {
  readonly visits: readonly number[]
  at: number
  /** What sharing this product adds to a visit's similarity. */
  readonly weight: number
  /** 1 for the product looked at last. */
  readonly place: number
}

interface Neighbour {
  readonly visit: number
  readonly similarity: number
  /** Place of the newest product that both visits hold. */
  readonly place: number
}

/**
 * VMIS-kNN of Kersbergen, Sprangers and Schelter (Serenade, SIGMOD 2022), with the settings that they publish for
 * their example. A visit becomes evidence once it has ended. Filled up with the products of most visits.
 */
export function createVmisKnn(options: VmisKnnOptions = {}): Method {
  const { gapMs = sessionGapMs, m = 1502, k = 288, last = 4, maxProducts = 34 } = options
  const products = createNumbering()
  const popular = createLeaders()
  const visits: (readonly number[])[] = []
  const visitsOf: number[][] = []
  const scores = createScores()
  let productsOfVisits = 0

  const open = createOpenVisits(gapMs, viewed => {
    const distinct = [...new Set(viewed)]
    if (distinct.length > maxProducts) return
    const visit = visits.push(distinct) - 1
    productsOfVisits += distinct.length
    for (const product of distinct) {
      popular.count(product)
      const list = (visitsOf[product] ??= [])
      list.push(visit)
      if (list.length >= 2 * m) list.splice(0, m)
    }
  })

  function matchesOf(recent: readonly (number | undefined)[]): Matches[] {
    const distinct = new Set(recent).size
    const met = new Set<number>()
    return recent.toReversed().flatMap((product, steps) => {
      const found = product === undefined || met.has(product) ? undefined : visitsOf[product]
      if (product === undefined || !found) return []
      met.add(product)
      const weight = (recent.length - steps) / distinct
      return [{ visits: found, at: found.length - 1, weight, place: steps + 1 }]
    })
  }

  function inverseFrequency(product: number): number {
    return Math.log(productsOfVisits / popular.countOf(product))
  }

  return {
    name: 'vmis-knn',
    observe({ userId, productId, time }) {
      open.add(userId, products.of(productId), time)
    },
    settle: () => open.endAll(),
    recommend(question) {
      const not = forbidden(question, products)
      const recent = question.visit.slice(-last).map(id => products.find(id))
      for (const { visit, similarity, place } of mostSimilar(newest(matchesOf(recent), m), k)) {
        const weight = (1 - 0.1 * place) * similarity
        for (const product of visits[visit] as readonly number[]) {
          if (!not.has(product)) scores.add(product, weight)
        }
      }
      scores.weigh(inverseFrequency)
      const list = best(scores.touched, question.limit, (a, b) => scores.of(b) - scores.of(a) || a - b)
      scores.clear()
      fill(list, question.limit, popular, not)
      return list.map(product => products.ids[product] as string)
    },
  }
}

/** The newest `count` visits of all lists: a merge from their ends. */
function newest(matches: readonly Matches[], count: number): Neighbour[] {
  const found: Neighbour[] = []
  while (found.length < count) {
    const visit = matches.reduce((most, { visits, at }) => Math.max(most, visits[at] ?? -1), -1)
    if (visit < 0) break
    let similarity = 0
    let place = 0
    for (const match of matches) {
      if (match.visits[match.at] !== visit) continue
      match.at -= 1
      similarity += match.weight
      // The first list is of the newest product.
      place ||= match.place
    }
    found.push({ visit, similarity, place })
  }
  return found
}

/** The `count` most similar, newest first among equals. */
function mostSimilar(neighbours: Neighbour[], count: number): Neighbour[] {
  if (neighbours.length <= count) return neighbours
  return neighbours.sort((a, b) => b.similarity - a.similarity || b.visit - a.visit).slice(0, count)
}
