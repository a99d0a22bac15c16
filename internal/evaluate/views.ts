import type { ProductView } from '#internal/domain/product-view.ts'

/** Views in order of time (at equal times in the order they came), held compactly: a number for each id. */
export interface Views {
  readonly length: number
  /** Of each view, an index into `userIds`. */
  readonly users: Uint32Array
  /** Of each view, an index into `productIds`. */
  readonly products: Uint32Array
  /** Epoch milliseconds. */
  readonly times: Float64Array
  readonly userIds: readonly string[]
  readonly productIds: readonly string[]
}

export interface ViewCollector {
  add(view: ProductView): void
  /** All views by time; a repeat (same message id, time, user and product) is left out. */
  finish(): { views: Views; repeats: number }
}

/** Takes in any number of views at 20 bytes each, and each id once; finishing needs about as much again for a while. */
export function createViewCollector(): ViewCollector {
  const users = createColumn(size => new Uint32Array(size))
  const products = createColumn(size => new Uint32Array(size))
  const times = createColumn(size => new Float64Array(size))
  const messages = createColumn(size => new Uint32Array(size))
  const userNumbers = createNumbering()
  const productNumbers = createNumbering()

  return {
    add({ userId, productId, timestamp, messageId }) {
      users.push(userNumbers.of(userId))
      products.push(productNumbers.of(productId))
      times.push(timestamp)
      messages.push(hash(messageId))
    },
    finish() {
      const all = { users: users.all(), products: products.all(), times: times.all() }
      const order = inOrderOfTime(all.times)
      const kept = withoutRepeats(order, { ...all, messages: messages.all() })
      const byUser = numberedByTime(kept, all.users, userNumbers.ids)
      const byProduct = numberedByTime(kept, all.products, productNumbers.ids)
      return {
        repeats: order.length - kept.length,
        views: {
          length: kept.length,
          times: Float64Array.from(kept, view => all.times[view] as number),
          users: byUser.numbers,
          userIds: byUser.ids,
          products: byProduct.numbers,
          productIds: byProduct.ids,
        },
      }
    },
  }
}

function inOrderOfTime(times: Float64Array): Uint32Array {
  const order = Uint32Array.from(times.keys())
  return order.sort((a, b) => (times[a] as number) - (times[b] as number) || a - b)
}

/** Numbers ids anew in the order of their first views, so that the order of the lines leaves no trace. */
function numberedByTime(
  views: Uint32Array,
  column: Uint32Array,
  ids: readonly string[],
): { numbers: Uint32Array; ids: string[] } {
  const renumbered = new Int32Array(ids.length).fill(-1)
  const ordered: string[] = []
  const numbers = Uint32Array.from(views, view => {
    const old = column[view] as number
    if (renumbered[old] === -1) renumbered[old] = ordered.push(ids[old] as string) - 1
    return renumbered[old] as number
  })
  return { numbers, ids: ordered }
}

interface Columns {
  readonly users: Uint32Array
  readonly products: Uint32Array
  readonly times: Float64Array
  readonly messages: Uint32Array
}

function withoutRepeats(order: Uint32Array, { users, products, times, messages }: Columns): Uint32Array {
  const met = new Set<string>()
  return order.filter((view, index) => {
    const sameTime = (other: number | undefined) => other !== undefined && times[other] === times[view]
    const before = sameTime(order[index - 1])
    if (!before) met.clear()
    if (!before && !sameTime(order[index + 1])) return true
    const key = `${users[view]} ${products[view]} ${messages[view]}`
    if (met.has(key)) return false
    met.add(key)
    return true
  })
}

interface Column<T> {
  push(value: number): void
  all(): T
}

function createColumn<T extends Uint32Array | Float64Array>(make: (size: number) => T): Column<T> {
  let values = make(1024)
  let length = 0
  return {
    push(value) {
      if (length === values.length) {
        const larger = make(length * 2)
        larger.set(values)
        values = larger
      }
      values[length] = value
      length += 1
    },
    all: () => values.subarray(0, length) as T,
  }
}

/** A number for each id, counted up from 0. */
export interface Numbering {
  of(id: string): number
  /** The number of an id that was met before. */
  find(id: string): number | undefined
  readonly ids: readonly string[]
}

export function createNumbering(): Numbering {
  const numbers = new Map<string, number>()
  const ids: string[] = []
  return {
    ids,
    find: id => numbers.get(id),
    of(id) {
      const known = numbers.get(id)
      if (known !== undefined) return known
      numbers.set(id, ids.length)
      return ids.push(id) - 1
    },
  }
}

/** FNV-1a over UTF-16 units. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  }
  return value >>> 0
}
