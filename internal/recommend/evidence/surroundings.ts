import { Sums } from './sums.ts'
import type { Reading } from './reading.ts'

/** Views so many steps apart still count as one after the other. */
const farthest = 6
const inverse = Float64Array.from({ length: farthest + 1 }, (_, steps) => 1 / steps)

/**
 * What other visitors viewed after and before a product in their newest sessions with it. A view n steps away counts
 * 1/n; behind the product's next appearance nothing counts, since that one is nearer. All by the reading's numbers.
 */
export interface Surroundings {
  readonly after: Sums
  readonly before: Sums
  /** How often each came right after it. */
  readonly rightAfter: Sums
  /** Looks around the product with this number, in the sessions read from `from` on; what was there before is forgotten. */
  collect(number: number, from: number): void
}

export function createSurroundings({ sessions, found }: Pick<Reading, 'sessions' | 'found'>): Surroundings {
  const after = new Sums()
  const before = new Sums()
  const rightAfter = new Sums()
  const all = [after, before, rightAfter]

  function lookAround(number: number, start: number, end: number): void {
    const { views } = sessions
    const [afters, befores] = [after.values, before.values]
    for (let at = start; at < end; at++) {
      if (views[at] !== number) continue
      const last = Math.min(end - 1, at + farthest)
      if (at < last && views[at + 1] !== number) {
        const next = views[at + 1] as number
        rightAfter.values[next] = (rightAfter.values[next] as number) + 1
      }
      for (let to = at + 1; to <= last && views[to] !== number; to++) {
        const [other, near] = [views[to] as number, inverse[to - at] as number]
        afters[other] = (afters[other] as number) + near
      }
      const first = Math.max(start, at - farthest)
      for (let back = at - 1; back >= first && views[back] !== number; back--) {
        const [other, near] = [views[back] as number, inverse[at - back] as number]
        befores[other] = (befores[other] as number) + near
      }
    }
  }

  return {
    after,
    before,
    rightAfter,
    collect(number, from) {
      for (const sums of all) {
        sums.clear()
        sums.fit(found.size)
      }
      const { firsts, lengths, size } = sessions
      for (let n = from; n < size; n++) {
        const first = firsts[n] as number
        lookAround(number, first, first + (lengths[n] as number))
      }
    },
  }
}
