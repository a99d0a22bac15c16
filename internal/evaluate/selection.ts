import type { Leaders } from './leaders.ts'
import type { Question } from './method.ts'
import type { Numbering } from './views.ts'

/** The `count` first of the candidates in the order of `compare`. */
export function best(
  candidates: Iterable<number>,
  count: number,
  compare: (a: number, b: number) => number,
): number[] {
  const top: number[] = []
  for (const candidate of candidates) {
    if (top.length === count && compare(candidate, top[count - 1] as number) >= 0) continue
    let low = 0
    let high = top.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compare(candidate, top[middle] as number) < 0) high = middle
      else low = middle + 1
    }
    top.splice(low, 0, candidate)
    if (top.length > count) top.pop()
  }
  return top
}

/** The products that an answer must not hold. */
export function forbidden({ visit, excludeSeen }: Question, products: Numbering): Set<number> {
  const ids = excludeSeen ? visit : visit.slice(-1)
  return new Set(ids.flatMap(id => products.find(id) ?? []))
}

/** Fills a list to its limit with the most popular products that it may hold. */
export function fill(list: number[], limit: number, popular: Leaders, not: ReadonlySet<number>): void {
  const held = new Set(list)
  for (const product of popular.list) {
    if (list.length >= limit) return
    if (!not.has(product) && !held.has(product)) list.push(product)
  }
}

/** Sums by number that are cheap to clear. */
export interface Scores {
  add(thing: number, amount: number): void
  of(thing: number): number
  /** Multiplies each touched thing's sum by its own factor. */
  weigh(factor: (thing: number) => number): void
  readonly touched: readonly number[]
  clear(): void
}

export function createScores(): Scores {
  let values = new Float64Array(1024)
  const touched: number[] = []
  return {
    touched,
    of: thing => values[thing] ?? 0,
    add(thing, amount) {
      if (amount <= 0) return
      if (thing >= values.length) {
        const larger = new Float64Array(Math.max(thing + 1, values.length * 2))
        larger.set(values)
        values = larger
      }
      if (values[thing] === 0) touched.push(thing)
      values[thing] = (values[thing] as number) + amount
    },
    weigh(factor) {
      for (const thing of touched) values[thing] = (values[thing] as number) * factor(thing)
    },
    clear() {
      for (const thing of touched) values[thing] = 0
      touched.length = 0
    },
  }
}
