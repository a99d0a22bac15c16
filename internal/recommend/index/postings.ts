import { grown } from './columns.ts'

/** For each product, the sessions that hold it, in a fixed order, at most so many: the first in the order go first. */
export interface Postings {
  /** How many sessions hold the product, those beyond the cap included. */
  count(item: number): number
  /** All counts together. */
  readonly total: number
  /** Of these the last in the order, `length(item)` of them; read-only, and valid until the next change. */
  list(item: number): Uint32Array
  length(item: number): number
  insert(item: number, session: number): void
  remove(item: number, session: number): void
  bytes(): number
}

const nothing = new Uint32Array(0)
/** A typed array's own bookkeeping in V8, roughly. */
const bytesOfArray = 104

/** `before(a, b)`: does session `a` stand before `b`? A session's place must not change while it is in a list. */
export function createPostings(cap: number, before: (a: number, b: number) => boolean): Postings {
  const lists: Uint32Array[] = []
  let lengths = new Uint32Array(16)
  let counts = new Uint32Array(16)
  let arrays = 0
  let places = 0
  let total = 0

  /** The first place in the list whose session does not stand before `session`. */
  function placeOf(list: Uint32Array, length: number, session: number): number {
    let [low, high] = [0, length]
    if (length > 0 && before(list[length - 1] as number, session)) return length
    while (low < high) {
      const middle = (low + high) >> 1
      if (before(list[middle] as number, session)) low = middle + 1
      else high = middle
    }
    return low
  }

  function roomFor(item: number, length: number): Uint32Array {
    let list = lists[item] ?? nothing
    if (list === nothing) arrays++
    if (list.length < length) {
      places -= list.length
      const larger = new Uint32Array(Math.min(cap, Math.max(2, list.length * 2)))
      larger.set(list)
      list = larger
      places += list.length
    }
    lists[item] = list
    return list
  }

  return {
    count: item => counts[item] ?? 0,
    get total() {
      return total
    },
    list: item => lists[item] ?? nothing,
    length: item => lengths[item] ?? 0,

    insert(item, session) {
      lengths = grown(lengths, item + 1)
      counts = grown(counts, lengths.length)
      for (let i = lists.length; i < item; i++) lists.push(nothing)
      counts[item] = (counts[item] as number) + 1
      total++
      const length = lengths[item] as number
      const at = placeOf(lists[item] ?? nothing, length, session)
      if (length < cap) {
        const list = roomFor(item, length + 1)
        list.copyWithin(at + 1, at, length)
        list[at] = session
        lengths[item] = length + 1
      } else if (at > 0) {
        const list = lists[item] as Uint32Array
        list.copyWithin(0, 1, at)
        list[at - 1] = session
      }
    },

    remove(item, session) {
      const left = (counts[item] as number) - 1
      counts[item] = left
      total--
      const list = lists[item] as Uint32Array
      const length = lengths[item] as number
      const at = placeOf(list, length, session)
      if (at < length && list[at] === session) {
        list.copyWithin(at, at + 1, length)
        lengths[item] = length - 1
      }
      if (left > 0) return
      places -= list.length
      arrays--
      lists[item] = nothing
    },

    bytes: () =>
      places * 4 + arrays * bytesOfArray + lists.length * 8 + lengths.byteLength + counts.byteLength,
  }
}

/** A fixed order of sessions whose ties are broken by who visited. */
export function orderByStart(
  starts: () => Float64Array,
  compareVisitors: (a: number, b: number) => number,
): (a: number, b: number) => boolean {
  return (a, b) => {
    const difference = (starts()[a] as number) - (starts()[b] as number)
    return difference === 0 ? compareVisitors(a, b) < 0 : difference < 0
  }
}
