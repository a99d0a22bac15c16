/** Steps back that are told apart; who goes back farther counts as not going back. */
export const maxDistance = 10

/**
 * How often a visitor's next view goes back to a product that he saw so many steps before. A reload is a return by one
 * step.
 */
export interface Returns {
  /** Views that followed another one of their visit. */
  readonly transitions: number
  /** Of these, returns by exactly so many steps. */
  by(distance: number): number
  /** Counts a path's steps from the view `from` on (1 is the second view), `sign` times. */
  count(items: Uint32Array, from: number, length: number, sign: 1 | -1): void
}

export function createReturns(): Returns {
  const byDistance = new Float64Array(maxDistance + 1)
  let transitions = 0
  return {
    get transitions() {
      return transitions
    },
    by: distance => byDistance[distance] ?? 0,
    count(items, from, length, sign) {
      for (let at = Math.max(1, from); at < length; at++) {
        transitions += sign
        const distance = distanceBack(items, at)
        if (distance > 0) byDistance[distance] = (byDistance[distance] as number) + sign
      }
    },
  }
}

/** How many steps before the view at `at` the same product was last viewed; 0 when it was not, or too long ago. */
function distanceBack(items: Uint32Array, at: number): number {
  const farthest = Math.min(maxDistance, at)
  for (let distance = 1; distance <= farthest; distance++) {
    if (items[at - distance] === items[at]) return distance
  }
  return 0
}
