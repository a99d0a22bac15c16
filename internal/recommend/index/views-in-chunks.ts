import { createSlots, grown, none } from './columns.ts'

/** A run of one visitor's views: which products, and when. */
export interface Path {
  /** Numbers of products, in the order of the views. */
  readonly items: Uint32Array
  /** Effective times, epoch milliseconds, rising. */
  readonly times: Float64Array
  length: number
}

export function createPath(capacity: number): Path {
  return { items: new Uint32Array(capacity), times: new Float64Array(capacity), length: 0 }
}

/**
 * Keeps paths in chunks of four views, chained: most visits are short, their views come one by one among those of
 * all others, and a chunk that is given back fits whoever comes next, so nothing fragments.
 */
export interface ViewsInChunks {
  /** Keeps the path; returns what it is found by. */
  write(path: Path): number
  /** Reads into `path`, which must have room. */
  read(first: number, length: number, path: Path): void
  /** The same without times, into `items`. */
  readItems(first: number, length: number, items: Uint32Array): void
  /** Puts a view after the `length` that are there. */
  append(first: number, length: number, item: number, time: number): void
  free(first: number): void
  bytes(): number
}

const size = 4

export function createViewsInChunks(): ViewsInChunks {
  const slots = createSlots()
  let items = new Uint32Array(size * 16)
  let times = new Float64Array(size * 16)
  let next = new Uint32Array(16)

  function take(): number {
    const chunk = slots.take()
    next = grown(next, chunk + 1)
    items = grown(items, next.length * size)
    times = grown(times, next.length * size)
    next[chunk] = none
    return chunk
  }

  function put(chunk: number, at: number, item: number, time: number): void {
    items[chunk * size + at] = item
    times[chunk * size + at] = time
  }

  return {
    write(path) {
      const first = take()
      let chunk = first
      for (let i = 0; i < path.length; i++) {
        if (i > 0 && i % size === 0) {
          const following = take()
          next[chunk] = following
          chunk = following
        }
        put(chunk, i % size, path.items[i] as number, path.times[i] as number)
      }
      return first
    },

    read(first, length, path) {
      path.length = length
      for (let i = 0, chunk = first; i < length; i++) {
        if (i > 0 && i % size === 0) chunk = next[chunk] as number
        path.items[i] = items[chunk * size + (i % size)] as number
        path.times[i] = times[chunk * size + (i % size)] as number
      }
    },

    readItems(first, length, into) {
      for (let i = 0, chunk = first; i < length; chunk = next[chunk] as number) {
        for (let at = chunk * size, end = at + size; at < end && i < length; at++, i++) {
          into[i] = items[at] as number
        }
      }
    },

    append(first, length, item, time) {
      let chunk = first
      while (next[chunk] !== none) chunk = next[chunk] as number
      if (length > 0 && length % size === 0) {
        const following = take()
        next[chunk] = following
        chunk = following
      }
      put(chunk, length % size, item, time)
    },

    free(first) {
      for (let chunk = first; chunk !== none; ) {
        const following = next[chunk] as number
        slots.giveBack(chunk)
        chunk = following
      }
    },

    bytes: () => items.byteLength + times.byteLength + next.byteLength + slots.bytes(),
  }
}
