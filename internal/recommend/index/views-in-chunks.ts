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
 * Keeps paths in chunks of seven views, chained: most visits are short, their views come one by one among those of
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

const size = 7
/** A chunk's products and the next chunk stand together: half a cache line, since questions read thousands of them. */
const width = size + 1

export function createViewsInChunks(): ViewsInChunks {
  const slots = createSlots()
  let words = new Uint32Array(width * 16)
  let times = new Float64Array(size * 16)

  function take(): number {
    const chunk = slots.take()
    if (words.length < (chunk + 1) * width) {
      words = grown(words, (chunk + 1) * width)
      times = grown(times, Math.ceil(words.length / width) * size)
    }
    words[chunk * width + size] = none
    return chunk
  }

  const nextOf = (chunk: number) => words[chunk * width + size] as number

  function put(chunk: number, at: number, item: number, time: number): void {
    words[chunk * width + at] = item
    times[chunk * size + at] = time
  }

  function chainOn(chunk: number): number {
    const following = take()
    words[chunk * width + size] = following
    return following
  }

  return {
    write(path) {
      const first = take()
      let chunk = first
      for (let i = 0; i < path.length; i++) {
        if (i > 0 && i % size === 0) chunk = chainOn(chunk)
        put(chunk, i % size, path.items[i] as number, path.times[i] as number)
      }
      return first
    },

    read(first, length, path) {
      path.length = length
      for (let i = 0, chunk = first; i < length; i++) {
        if (i > 0 && i % size === 0) chunk = nextOf(chunk)
        path.items[i] = words[chunk * width + (i % size)] as number
        path.times[i] = times[chunk * size + (i % size)] as number
      }
    },

    readItems(first, length, into) {
      for (let i = 0, chunk = first; i < length; chunk = nextOf(chunk)) {
        for (let at = chunk * width, end = at + size; at < end && i < length; at++, i++) {
          into[i] = words[at] as number
        }
      }
    },

    append(first, length, item, time) {
      let chunk = first
      while (nextOf(chunk) !== none) chunk = nextOf(chunk)
      if (length > 0 && length % size === 0) chunk = chainOn(chunk)
      put(chunk, length % size, item, time)
    },

    free(first) {
      for (let chunk = first; chunk !== none; ) {
        const following = nextOf(chunk)
        slots.giveBack(chunk)
        chunk = following
      }
    },

    bytes: () => words.byteLength + times.byteLength + slots.bytes(),
  }
}
