import { createSlots, grown, none } from './columns.ts'
import type { CopiedSessions } from './copied-sessions.ts'

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

/** What stands at the head of a session. */
export const visitorWord = 0
export const lengthWord = 1
export const olderWord = 2
export const endSpanWord = 3
const headWords = 4

/**
 * Keeps each session in chunks of one cache line: its head of four words, the next chunk, and eleven products.
 * Questions look at hundreds of sessions that are scattered over memory, and wait once for most of them. A chunk that is
 * given back fits whoever comes next, so nothing fragments.
 */
export interface SessionChunks {
  /** Chunks with a number below this were ever in use. */
  readonly used: number
  /** A word of the session's head. */
  head(session: number, word: number): number
  setHead(session: number, word: number, value: number): void
  /** Keeps the path, whose times are whole milliseconds; returns its first chunk, which it is found by. */
  write(path: Path): number
  /** Reads `length` views into `path`, which must have room; the first was at `start`. */
  read(session: number, length: number, start: number, path: Path): void
  /** The same without times, into `items`. */
  readItems(session: number, length: number, items: Uint32Array): void
  /**
   * Copies the last `most` sessions of the first `length` in `list`, the last one first, behind those that are in `into`;
   * those of the visitor `except` are left out.
   */
  copy(list: Uint32Array, length: number, most: number, except: number, into: CopiedSessions): void
  /** Puts a view after the `length` that are there, so long after the first. */
  append(session: number, length: number, item: number, offset: number): void
  free(session: number): void
  bytes(): number
}

const nextAt = headWords
const itemsAt = nextAt + 1
const width = 16
const size = width - itemsAt

export function createSessionChunks(): SessionChunks {
  const slots = createSlots()
  let words = new Uint32Array(16 * width)
  /** Milliseconds since the first view, by chunk and place. */
  let offsets = new Uint32Array(16 * size)
  let touched = 0

  function take(): number {
    const chunk = slots.take()
    words = grown(words, (chunk + 1) * width)
    offsets = grown(offsets, (chunk + 1) * size)
    words[chunk * width + nextAt] = none
    return chunk
  }

  const nextOf = (chunk: number) => words[chunk * width + nextAt] as number

  function put(chunk: number, at: number, item: number, offset: number): void {
    words[chunk * width + itemsAt + at] = item
    offsets[chunk * size + at] = offset
  }

  function chainOn(chunk: number): number {
    const following = take()
    words[chunk * width + nextAt] = following
    return following
  }

  /** Asks memory for all at once, instead of waiting for each when its turn comes; what it says is kept, lest nobody asks. */
  function touch(list: Uint32Array, length: number, most: number): void {
    for (let n = length - 1, end = Math.max(0, length - most); n >= end; n--) {
      touched ^= words[(list[n] as number) * width] as number
    }
  }

  function copyOne(session: number, into: CopiedSessions): void {
    const head = session * width
    const length = words[head + lengthWord] as number
    const n = into.size++
    into.reserveViews(length + size)
    into.sessions[n] = session
    into.visitors[n] = words[head + visitorWord] as number
    into.lengths[n] = length
    into.endSpans[n] = words[head + endSpanWord] as number
    into.firsts[n] = into.viewed
    const target = into.views
    let to = into.viewed
    into.viewed += length
    for (let left = length, chunk = session; left > 0; left -= size, to += size, chunk = nextOf(chunk)) {
      const from = chunk * width + itemsAt
      // Always all places of a chunk, so that nothing has to be foreseen; what is too much is written over.
      for (let i = 0; i < size; i++) target[to + i] = words[from + i] as number
    }
  }

  return {
    get used() {
      return slots.used
    },
    head: (session, word) => words[session * width + word] as number,
    setHead(session, word, value) {
      words[session * width + word] = value
    },

    write({ items, times, length }) {
      const first = take()
      const start = times[0] as number
      let chunk = first
      for (let i = 0; i < length; i++) {
        if (i > 0 && i % size === 0) chunk = chainOn(chunk)
        put(chunk, i % size, items[i] as number, (times[i] as number) - start)
      }
      return first
    },

    read(session, length, start, path) {
      path.length = length
      for (let i = 0, chunk = session; i < length; i++) {
        if (i > 0 && i % size === 0) chunk = nextOf(chunk)
        path.items[i] = words[chunk * width + itemsAt + (i % size)] as number
        path.times[i] = start + (offsets[chunk * size + (i % size)] as number)
      }
    },

    readItems(session, length, into) {
      for (let i = 0, chunk = session; i < length; chunk = nextOf(chunk)) {
        const first = chunk * width + itemsAt
        for (let at = first; at < first + size && i < length; at++, i++) into[i] = words[at] as number
      }
    },

    copy(list, length, most, except, into) {
      into.reserve(Math.min(most, length))
      const end = into.size + most
      touch(list, length, most)
      for (let n = length - 1; n >= 0 && into.size < end; n--) {
        const session = list[n] as number
        if (words[session * width + visitorWord] !== except) copyOne(session, into)
      }
    },

    append(session, length, item, offset) {
      let chunk = session
      while (nextOf(chunk) !== none) chunk = nextOf(chunk)
      if (length > 0 && length % size === 0) chunk = chainOn(chunk)
      put(chunk, length % size, item, offset)
    },

    free(session) {
      for (let chunk = session; chunk !== none; ) {
        const following = nextOf(chunk)
        slots.giveBack(chunk)
        chunk = following
      }
    },

    bytes: () => words.byteLength + offsets.byteLength + slots.bytes(),
  }
}
