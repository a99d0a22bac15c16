import { grown } from './columns.ts'

const hour = 60 * 60 * 1000
/** Views are counted by spans of so long; a decayed count is exact to that. */
export const spanMs = 6 * hour
/** So many spans are kept: eight days. */
export const spans = 32
const most = 0xffff

/**
 * How often each product was viewed, in all and lately. Whole numbers by spans of time, so that no order of the views
 * can change a sum.
 */
export interface ViewCounts {
  /** The product's views in the index. */
  total(item: number): number
  add(item: number, time: number): void
  remove(item: number, time: number): void
  /** The product's views, each halved with every `halfLifeMs` between it and `now`; 0 for what is older than eight days. */
  decayed(item: number, now: number, weights: Float64Array): number
  /** The same with two weights at once, into `sums`. */
  decayedBoth(item: number, now: number, one: Float64Array, other: Float64Array, sums: Float64Array): void
  /** Asks memory for the first `count` of the products at once, so that those who ask for one after the other need not wait. */
  touch(items: Uint32Array, count: number): void
  /** Forgets the product. */
  clear(item: number): void
  bytes(): number
}

/** Weights for {@link ViewCounts.decayed}, by age in spans. */
export function decayWeights(halfLifeMs: number): Float64Array {
  return Float64Array.from({ length: spans }, (_, age) => 2 ** ((-age * spanMs) / halfLifeMs))
}

export const spanOf = (time: number) => Math.floor(time / spanMs)

export function createViewCounts(): ViewCounts {
  let totals = new Uint32Array(16)
  let newest = new Int32Array(16)
  let counts = new Uint16Array(16 * spans)
  const scratch = new Float64Array(2)
  let touched = 0

  const place = (item: number, span: number) => item * spans + (span % spans)

  /** Makes `span` the product's newest and empties the places that it takes over. */
  function turnTo(item: number, span: number): void {
    const last = newest[item] as number
    for (let s = Math.max(last + 1, span - spans + 1); s <= span; s++) counts[place(item, s)] = 0
    newest[item] = span
  }

  const isKept = (item: number, span: number) =>
    span <= (newest[item] as number) && span > (newest[item] as number) - spans

  function sumUp(
    item: number,
    now: number,
    one: Float64Array,
    other: Float64Array,
    sums: Float64Array,
  ): void {
    const last = newest[item] ?? 0
    const current = spanOf(now)
    const row = item * spans
    let [a, b] = [0, 0]
    for (let span = Math.max(last, current) - spans + 1, at = span % spans; span <= last; span++) {
      const count = counts[row + at] as number
      const age = Math.max(0, current - span)
      a += count * (one[age] as number)
      b += count * (other[age] as number)
      at = at + 1 === spans ? 0 : at + 1
    }
    sums[0] = a
    sums[1] = b
  }

  return {
    total: item => totals[item] ?? 0,

    add(item, time) {
      totals = grown(totals, item + 1)
      newest = grown(newest, totals.length)
      counts = grown(counts, totals.length * spans)
      totals[item] = (totals[item] as number) + 1
      const span = spanOf(time)
      if (span > (newest[item] as number)) turnTo(item, span)
      if (!isKept(item, span)) return
      const at = place(item, span)
      counts[at] = Math.min(most, (counts[at] as number) + 1)
    },

    remove(item, time) {
      totals[item] = (totals[item] as number) - 1
      const span = spanOf(time)
      if (!isKept(item, span)) return
      const at = place(item, span)
      counts[at] = Math.max(0, (counts[at] as number) - 1)
    },

    decayed(item, now, weights) {
      sumUp(item, now, weights, weights, scratch)
      return scratch[0] as number
    },
    decayedBoth: sumUp,

    touch(items, count) {
      for (let n = 0; n < count; n++) {
        const item = items[n] as number
        touched ^= (totals[item] as number) ^ (newest[item] as number)
        touched ^= (counts[item * spans] as number) ^ (counts[item * spans + spans - 1] as number)
      }
    },

    clear(item) {
      totals[item] = 0
      newest[item] = 0
      counts.fill(0, item * spans, (item + 1) * spans)
    },

    bytes: () => totals.byteLength + newest.byteLength + counts.byteLength,
  }
}
