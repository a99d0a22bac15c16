import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** An order of a real shop. */
export interface RealOrder {
  readonly order: string
  readonly user: string
  /** Epoch milliseconds. */
  readonly at: number
  /** Each with its quantity. */
  readonly items: ReadonlyMap<string, number>
}

/** Half of a cart; the other half is to be found. */
export interface CartQuestion {
  /** Epoch milliseconds. */
  readonly at: number
  readonly shown: readonly string[]
  readonly hidden: ReadonlySet<string>
}

const dayMs = 86_400_000
const testDays = 28
const mostProducts = 100

/** The orders of a gift shop by time, where they are at hand. */
export function giftOrders(): RealOrder[] | null {
  const file = new URL('../../../shared/data/gift-orders/orders.csv.gz', import.meta.url)
  if (!existsSync(file)) return null
  const orders = new Map<string, RealOrder & { items: Map<string, number> }>()
  for (const row of gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n').slice(1)) {
    const [order = '', user = '', item = '', quantity = '', , time = ''] = row.split(',')
    const known = orders.get(order) ?? { order, user, at: Number(time) * 1_000, items: new Map() }
    known.items.set(item, (known.items.get(item) ?? 0) + Number(quantity))
    orders.set(order, known)
  }
  return [...orders.values()].sort((a, b) => a.at - b.at)
}

/**
 * The orders before the last 28 days, and a question for each later one of 2 to 100 products: which half is shown is
 * drawn by a generator with a fixed seed. `end` is the moment between the two.
 */
export function splitCarts(orders: readonly RealOrder[]): {
  earlier: RealOrder[]
  questions: CartQuestion[]
  end: number
} {
  const end = (orders.at(-1)?.at ?? 0) - testDays * dayMs
  const random = seeded(5)
  const carts = orders.filter(({ at, items }) => at >= end && items.size >= 2 && items.size <= mostProducts)
  const questions = carts.map(({ at, items }) => {
    const drawn = [...items.keys()].map(item => ({ item, place: random() }))
    const list = drawn.sort((a, b) => a.place - b.place).map(({ item }) => item)
    const half = Math.ceil(list.length / 2)
    return { at, shown: list.slice(0, half), hidden: new Set(list.slice(half)) }
  })
  return { earlier: orders.filter(({ at }) => at < end), questions, end }
}

/** Mulberry32. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** How much of what was hidden stands in the list, of what a list of `k` could hold. */
export function recall(found: readonly string[], hidden: ReadonlySet<string>, k: number): number {
  const hits = found.slice(0, k).filter(item => hidden.has(item)).length
  return hits / Math.min(k, hidden.size)
}
