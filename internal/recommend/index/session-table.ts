import { grown, none } from './columns.ts'
import { spanOf } from './view-counts.ts'
import {
  createPath,
  createSessionChunks,
  endSpanWord,
  lengthWord,
  olderWord,
  visitorWord,
} from './session-chunks.ts'
import type { CopiedSessions } from './copied-sessions.ts'
import type { Path } from './session-chunks.ts'

/** The sessions by their numbers; those of one visitor are chained, the newest first. */
export interface SessionTable {
  readonly size: number
  /** Sessions have numbers below this, though not every number is one's: those that are none have a length of 0. */
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
  /**
   * Copies the last `most` sessions of the first `length` in `list`, the last one first, behind those that are in `into`;
   * those of `except` are left out.
   */
  copy(list: Uint32Array, length: number, most: number, except: number, into: CopiedSessions): void
  /** Reads the newest view first, to the places from `at` on, as far as they go; returns how many views it read. */
  readBackwards(session: number, items: Uint32Array, times: Float64Array, at: number): number
  bytes(): number
}

export function createSessionTable(): SessionTable {
  const chunks = createSessionChunks()
  let size = 0
  let starts = new Float64Array(16)
  let ends = new Float64Array(16)
  let newest = new Uint32Array(16).fill(none)
  let scratch = createPath(64)

  const newestOf = (visitor: number) => newest[visitor] ?? none
  const visitorOf = (session: number) => chunks.head(session, visitorWord)
  const lengthOf = (session: number) => chunks.head(session, lengthWord)
  const olderOf = (session: number) => chunks.head(session, olderWord)

  function grow(visitor: number): void {
    starts = grown(starts, chunks.used)
    ends = grown(ends, starts.length)
    const before = newest.length
    newest = grown(newest, visitor + 1)
    newest.fill(none, before)
  }

  /** The chain's last session that is newer than `start`, or {@link none} when it is to be the first. */
  function newerThan(visitor: number, start: number): number {
    let newer = none
    for (let at = newestOf(visitor); at !== none && (starts[at] as number) > start; at = olderOf(at))
      newer = at
    return newer
  }

  function setEnd(session: number, time: number): void {
    ends[session] = time
    chunks.setHead(session, endSpanWord, Math.max(0, spanOf(time)))
  }

  function link(visitor: number, session: number, newer: number): void {
    if (newer === none) {
      chunks.setHead(session, olderWord, newestOf(visitor))
      newest[visitor] = session
    } else {
      chunks.setHead(session, olderWord, olderOf(newer))
      chunks.setHead(newer, olderWord, session)
    }
  }

  function unlink(visitor: number, session: number): void {
    if (newestOf(visitor) === session) {
      newest[visitor] = olderOf(session)
      return
    }
    let newer = newestOf(visitor)
    while (olderOf(newer) !== session) newer = olderOf(newer)
    chunks.setHead(newer, olderWord, olderOf(session))
  }

  const read = (session: number, path: Path) =>
    chunks.read(session, lengthOf(session), starts[session] as number, path)

  return {
    get size() {
      return size
    },
    get used() {
      return chunks.used
    },
    visitor: visitorOf,
    start: session => starts[session] as number,
    end: session => ends[session] as number,
    length: lengthOf,
    older: olderOf,
    newest: newestOf,
    starts: () => starts,
    isFrom: (session, start) => lengthOf(session) > 0 && starts[session] === start,

    create(visitor, path) {
      const session = chunks.write(path)
      grow(visitor)
      size++
      starts[session] = path.times[0] as number
      chunks.setHead(session, visitorWord, visitor)
      chunks.setHead(session, lengthWord, path.length)
      setEnd(session, path.times[path.length - 1] as number)
      link(visitor, session, newerThan(visitor, path.times[0] as number))
      return session
    },

    append(session, item, time) {
      const length = lengthOf(session)
      chunks.append(session, length, item, time - (starts[session] as number))
      chunks.setHead(session, lengthWord, length + 1)
      setEnd(session, time)
    },

    remove(session) {
      unlink(visitorOf(session), session)
      chunks.setHead(session, lengthWord, 0)
      chunks.free(session)
      size--
    },

    read,
    readItems(session, into) {
      const length = lengthOf(session)
      chunks.readItems(session, length, into)
      return length
    },
    copy: (list, length, most, except, into) => chunks.copy(list, length, most, except, into),

    readBackwards(session, items, times, at) {
      const length = lengthOf(session)
      if (scratch.items.length < length) scratch = createPath(length)
      read(session, scratch)
      const count = Math.min(length, items.length - at)
      for (let i = 0; i < count; i++) {
        items[at + i] = scratch.items[length - 1 - i] as number
        times[at + i] = scratch.times[length - 1 - i] as number
      }
      return count
    },

    bytes: () => chunks.bytes() + starts.byteLength + ends.byteLength + newest.byteLength,
  }
}
