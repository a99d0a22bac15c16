import { createSlots, grown, none } from './columns.ts'
import { spanOf } from './view-counts.ts'
import { createPath, createViewsInChunks } from './views-in-chunks.ts'
import type { Path } from './views-in-chunks.ts'

/** The sessions by their numbers; those of one visitor are chained, the newest first. */
export interface SessionTable {
  readonly size: number
  /** Sessions with a number below this were ever in use. */
  readonly used: number
  visitor(session: number): number
  start(session: number): number
  /** Time of the last view. */
  end(session: number): number
  /** The span of six hours in which it ended. */
  endSpan(session: number): number
  length(session: number): number
  /** The visitor's next older session, or {@link none}. */
  older(session: number): number
  /** The visitor's newest session, or {@link none}. */
  newest(visitor: number): number
  /** Starts, by session; valid until the next change. */
  readonly starts: () => Float64Array
  /** Does the number stand for a session that began then? */
  readonly isFrom: (session: number, start: number) => boolean

  /** A new session of a visitor, with at least one view, put in its place in his chain. */
  create(visitor: number, path: Path): number
  /** Puts a view behind the last one, with which it must be in order. */
  append(session: number, item: number, time: number): void
  remove(session: number): void

  read(session: number, path: Path): void
  /** Reads only the products; returns how many views that are. */
  readItems(session: number, into: Uint32Array): number
  /** Reads the newest view first, to the places from `at` on, as far as they go; returns how many views it read. */
  readBackwards(session: number, items: Uint32Array, times: Float64Array, at: number): number
  bytes(): number
}

/** What questions ask of a session stands together, half a cache line: they look at thousands. */
const width = 8
const visitorAt = 0
const firstAt = 1
const lengthAt = 2
const olderAt = 3
const endSpanAt = 4

export function createSessionTable(): SessionTable {
  const slots = createSlots()
  const views = createViewsInChunks()
  let size = 0
  let rows = new Uint32Array(16 * width)
  let starts = new Float64Array(16)
  let ends = new Float64Array(16)
  let newest = new Uint32Array(16).fill(none)
  let scratch = createPath(64)

  const newestOf = (visitor: number) => newest[visitor] ?? none

  function grow(sessions: number, visitor: number): void {
    rows = grown(rows, sessions * width)
    starts = grown(starts, Math.ceil(rows.length / width))
    ends = grown(ends, starts.length)
    const before = newest.length
    newest = grown(newest, visitor + 1)
    newest.fill(none, before)
  }

  /** The chain's last session that is newer than `start`, or {@link none} when it is to be the first. */
  function newerThan(visitor: number, start: number): number {
    let newer = none
    for (let at = newestOf(visitor); at !== none && (starts[at] as number) > start; ) {
      newer = at
      at = rows[at * width + olderAt] as number
    }
    return newer
  }

  function setEnd(session: number, time: number): void {
    ends[session] = time
    rows[session * width + endSpanAt] = Math.max(0, spanOf(time))
  }

  function link(visitor: number, session: number, newer: number): void {
    if (newer === none) {
      rows[session * width + olderAt] = newestOf(visitor)
      newest[visitor] = session
    } else {
      rows[session * width + olderAt] = rows[newer * width + olderAt] as number
      rows[newer * width + olderAt] = session
    }
  }

  function unlink(visitor: number, session: number): void {
    if (newestOf(visitor) === session) {
      newest[visitor] = rows[session * width + olderAt] as number
      return
    }
    let newer = newestOf(visitor)
    while (rows[newer * width + olderAt] !== session) newer = rows[newer * width + olderAt] as number
    rows[newer * width + olderAt] = rows[session * width + olderAt] as number
  }

  return {
    get size() {
      return size
    },
    get used() {
      return slots.used
    },
    visitor: session => rows[session * width + visitorAt] as number,
    start: session => starts[session] as number,
    end: session => ends[session] as number,
    endSpan: session => rows[session * width + endSpanAt] as number,
    length: session => rows[session * width + lengthAt] as number,
    older: session => rows[session * width + olderAt] as number,
    newest: newestOf,
    starts: () => starts,
    isFrom: (session, start) => (rows[session * width + lengthAt] as number) > 0 && starts[session] === start,

    create(visitor, path) {
      const session = slots.take()
      grow(session + 1, visitor)
      size++
      rows[session * width + visitorAt] = visitor
      starts[session] = path.times[0] as number
      setEnd(session, path.times[path.length - 1] as number)
      rows[session * width + lengthAt] = path.length
      rows[session * width + firstAt] = views.write(path)
      link(visitor, session, newerThan(visitor, path.times[0] as number))
      return session
    },

    append(session, item, time) {
      const length = rows[session * width + lengthAt] as number
      views.append(rows[session * width + firstAt] as number, length, item, time)
      rows[session * width + lengthAt] = length + 1
      setEnd(session, time)
    },

    remove(session) {
      views.free(rows[session * width + firstAt] as number)
      unlink(rows[session * width + visitorAt] as number, session)
      rows[session * width + lengthAt] = 0
      size--
      slots.giveBack(session)
    },

    read: (session, path) =>
      views.read(rows[session * width + firstAt] as number, rows[session * width + lengthAt] as number, path),
    readItems(session, into) {
      const length = rows[session * width + lengthAt] as number
      views.readItems(rows[session * width + firstAt] as number, length, into)
      return length
    },

    readBackwards(session, items, times, at) {
      const length = rows[session * width + lengthAt] as number
      if (scratch.items.length < length) scratch = createPath(length)
      views.read(rows[session * width + firstAt] as number, length, scratch)
      const count = Math.min(length, items.length - at)
      for (let i = 0; i < count; i++) {
        items[at + i] = scratch.items[length - 1 - i] as number
        times[at + i] = scratch.times[length - 1 - i] as number
      }
      return count
    },

    bytes: () =>
      views.bytes() + slots.bytes() + [rows, starts, ends, newest].reduce((sum, c) => sum + c.byteLength, 0),
  }
}
