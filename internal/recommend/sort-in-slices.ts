import { setImmediate as turn } from 'node:timers/promises'

const slice = 10_000

/** The same items, with a turn for others after each `stretch`. */
export async function* inTurns<T>(items: Iterable<T> | AsyncIterable<T>, stretch = slice): AsyncGenerator<T> {
  let count = 0
  for await (const item of items) {
    yield item
    if (++count % stretch === 0) await turn()
  }
}

/** Sorts as `Array.sort` does, and lets others have their turn in between, so that answers don't wait for a large set. */
export async function sortInSlices<T>(
  items: readonly T[],
  compare: (a: T, b: T) => number,
): Promise<readonly T[]> {
  let runs: (readonly T[])[] = []
  for (let from = 0; from < items.length; from += slice) {
    runs.push(items.slice(from, from + slice).sort(compare))
    await turn()
  }
  while (runs.length > 1) {
    const longer: (readonly T[])[] = []
    for (let i = 0; i < runs.length; i += 2) {
      longer.push(await merge(runs[i] as readonly T[], runs[i + 1] ?? [], compare))
    }
    runs = longer
  }
  return runs[0] ?? []
}

async function merge<T>(
  left: readonly T[],
  right: readonly T[],
  compare: (a: T, b: T) => number,
): Promise<readonly T[]> {
  const merged: T[] = []
  let i = 0
  let j = 0
  while (i < left.length && j < right.length) {
    merged.push(compare(left[i] as T, right[j] as T) <= 0 ? (left[i++] as T) : (right[j++] as T))
    if (merged.length % slice === 0) await turn()
  }
  return merged.concat(left.slice(i), right.slice(j))
}
