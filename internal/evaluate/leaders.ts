/** The most counted things, exact after every count. */
export interface Leaders {
  /** Counts one more of a thing. */
  count(thing: number): void
  countOf(thing: number): number
  /** Most counted first, at equal counts the smaller number; at most the capacity. */
  readonly list: readonly number[]
}

/** Counts only grow, so a thing can only overtake others at its own count: keeping the order costs a few swaps. */
export function createLeaders(capacity = 500): Leaders {
  const counts: number[] = []
  const places: number[] = []
  const list: number[] = []

  const leads = (a: number, b: number) => {
    const difference = (counts[a] as number) - (counts[b] as number)
    return difference === 0 ? a < b : difference > 0
  }

  function enter(thing: number): number {
    if (list.length < capacity) return list.push(thing) - 1
    const last = list[capacity - 1] as number
    if (!leads(thing, last)) return -1
    places[last] = -1
    list[capacity - 1] = thing
    return capacity - 1
  }

  return {
    list,
    countOf: thing => counts[thing] ?? 0,
    count(thing) {
      counts[thing] = (counts[thing] ?? 0) + 1
      let place = places[thing] ?? -1
      if (place < 0) place = enter(thing)
      while (place > 0 && leads(thing, list[place - 1] as number)) {
        const overtaken = list[place - 1] as number
        list[place] = overtaken
        places[overtaken] = place
        place -= 1
      }
      if (place >= 0) list[place] = thing
      places[thing] = place
    },
  }
}
