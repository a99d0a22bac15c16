import { maxSessionViews } from '../index/session-index.ts'
import { createSums } from './sums.ts'
import type { SessionIndex } from '../index/session-index.ts'
import type { Sums } from './sums.ts'

/** Views so many steps apart still count as one after the other. */
const farthest = 6

/**
 * What other visitors viewed after and before a product in their newest sessions with it. A view n steps away counts
 * 1/n; behind the product's next appearance nothing counts, since that one is nearer.
 */
export interface Surroundings {
  readonly after: Sums
  readonly before: Sums
  /** How often each came right after it. */
  readonly rightAfter: Sums
  /** Of {@link after}, in all. */
  readonly afterTotal: number
  /** Of both. */
  readonly total: number
  /**
   * Looks through the newest `most` sessions with the product, those of `visitor` left out, and tells each to `meet`.
   */
  collect(item: number, visitor: number, most: number, meet: (session: number) => void): void
  clear(): void
}

export function createSurroundings({ sessions, postings }: SessionIndex): Surroundings {
  const after = createSums()
  const before = createSums()
  const rightAfter = createSums()
  const items = new Uint32Array(maxSessionViews)
  const inverse = Float64Array.from({ length: farthest + 1 }, (_, steps) => 1 / steps)
  let afterTotal = 0
  let beforeTotal = 0

  function lookAround(item: number, length: number): void {
    for (let at = 0; at < length; at++) {
      if (items[at] !== item) continue
      const last = Math.min(length - 1, at + farthest)
      if (at < last && items[at + 1] !== item) rightAfter.add(items[at + 1] as number, 1)
      for (let to = at + 1; to <= last && items[to] !== item; to++) {
        const near = inverse[to - at] as number
        after.add(items[to] as number, near)
        afterTotal += near
      }
      const first = Math.max(0, at - farthest)
      for (let from = at - 1; from >= first && items[from] !== item; from--) {
        const near = inverse[at - from] as number
        before.add(items[from] as number, near)
        beforeTotal += near
      }
    }
  }

  return {
    after,
    before,
    rightAfter,
    get afterTotal() {
      return afterTotal
    },
    get total() {
      return afterTotal + beforeTotal
    },
    collect(item, visitor, most, meet) {
      const list = postings.list(item)
      let left = most
      for (let n = postings.length(item) - 1; n >= 0 && left > 0; n--) {
        const session = list[n] as number
        if (sessions.visitor(session) === visitor) continue
        left--
        meet(session)
        lookAround(item, sessions.readItems(session, items))
      }
    },
    clear() {
      after.clear()
      before.clear()
      rightAfter.clear()
      afterTotal = 0
      beforeTotal = 0
    },
  }
}
