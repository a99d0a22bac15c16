import { createSlots, grown, none } from './columns.ts'
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

export function createSessionTable(): SessionTable {
  const slots = createSlots()
  const views = createViewsInChunks()
  let size = 0
  let visitors = new Uint32Array(16)
  let starts = new Float64Array(16)
  let ends = new Float64Array(16)
  let lengths = new Uint16Array(16)
  let firsts = new Uint32Array(16)
  let olders = new Uint32Array(16)
  let newest = new Uint32Array(16).fill(none)
  let scratch = createPath(64)

  const newestOf = (visitor: number) => newest[visitor] ?? none

  function grow(sessions: number, visitor: number): void {
    visitors = grown(visitors, sessions)
    starts = grown(starts, visitors.length)
    ends = grown(ends, visitors.length)
    lengths = grown(lengths, visitors.length)
    firsts = grown(firsts, visitors.length)
    olders = grown(olders, visitors.length)
    const before = newest.length
    newest = grown(newest, visitor + 1)
    newest.fill(none, before)
  }

  /** The chain's last session that is newer than `start`, or {@link none} when it is to be the first. */
  function newerThan(visitor: number, start: number): number {
    let newer = none
    for (let at = newestOf(visitor); at !== none && (starts[at] as number) > start; ) {
      newer = at
      at = olders[at] as number
    }
    return newer
  }

  function link(visitor: number, session: number, newer: number): void {
    if (newer === none) {
      olders[session] = newestOf(visitor)
      newest[visitor] = session
    } else {
      olders[session] = olders[newer] as number
      olders[newer] = session
    }
  }

  function unlink(visitor: number, session: number): void {
    if (newestOf(visitor) === session) {
      newest[visitor] = olders[session] as number
      return
    }
    let newer = newestOf(visitor)
    while (olders[newer] !== session) newer = olders[newer] as number
    olders[newer] = olders[session] as number
  }

  return {
    get size() {
      return size
    },
    get used() {
      return slots.used
    },
    visitor: session => visitors[session] as number,
    start: session => starts[session] as number,
    end: session => ends[session] as number,
    length: session => lengths[session] as number,
    older: session => olders[session] as number,
    newest: newestOf,
    starts: () => starts,
    isFrom: (session, start) => (lengths[session] as number) > 0 && starts[session] === start,

    create(visitor, path) {
      const session = slots.take()
      grow(session + 1, visitor)
      size++
      visitors[session] = visitor
      starts[session] = path.times[0] as number
      ends[session] = path.times[path.length - 1] as number
      lengths[session] = path.length
      firsts[session] = views.write(path)
      link(visitor, session, newerThan(visitor, path.times[0] as number))
      return session
    },

    append(session, item, time) {
      const length = lengths[session] as number
      views.append(firsts[session] as number, length, item, time)
      lengths[session] = length + 1
      ends[session] = time
    },

    remove(session) {
      views.free(firsts[session] as number)
      unlink(visitors[session] as number, session)
      lengths[session] = 0
      size--
      slots.giveBack(session)
    },

    read: (session, path) => views.read(firsts[session] as number, lengths[session] as number, path),
    readItems(session, into) {
      const length = lengths[session] as number
      views.readItems(firsts[session] as number, length, into)
      return length
    },

    readBackwards(session, items, times, at) {
      const length = lengths[session] as number
      if (scratch.items.length < length) scratch = createPath(length)
      views.read(firsts[session] as number, length, scratch)
      const count = Math.min(length, items.length - at)
      for (let i = 0; i < count; i++) {
        items[at + i] = scratch.items[length - 1 - i] as number
        times[at + i] = scratch.times[length - 1 - i] as number
      }
      return count
    },

    bytes: () =>
      views.bytes() +
      slots.bytes() +
      [visitors, starts, ends, lengths, firsts, olders, newest].reduce((sum, c) => sum + c.byteLength, 0),
  }
}
