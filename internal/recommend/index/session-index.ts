import { compareBytes } from '#internal/domain/product-view.ts'
import { createBelonging } from './belonging.ts'
import { grown, none } from './columns.ts'
import { createInterner } from './interner.ts'
import { createLatest } from './latest.ts'
import { createOldestFirst } from './oldest-first.ts'
import { createPostings, orderByStart } from './postings.ts'
import { createReturns } from './returns.ts'
import { createSessionTable } from './session-table.ts'
import { createTrending } from './trending.ts'
import { createViewCounts } from './view-counts.ts'
import { createPath } from './session-chunks.ts'
import type { Latest } from './latest.ts'
import type { Interner } from './interner.ts'
import type { Postings } from './postings.ts'
import type { Returns } from './returns.ts'
import type { SessionTable } from './session-table.ts'
import type { Trending } from './trending.ts'
import type { ViewCounts } from './view-counts.ts'

/** Views of one visitor with less than so long between them are one session. */
export const sessionGapMs = 30 * 60 * 1000
/** Of a session that does not end, the newest so many views are kept. */
export const maxSessionViews = 64

export interface SessionIndexSettings {
  /** The newest so many views are kept; beyond them whole sessions go, the oldest first. */
  readonly capacityViews: number
  /** For each product the newest so many sessions can be found. */
  readonly sessionsPerProduct: number
}

export const defaultSessionIndexSettings: SessionIndexSettings = {
  capacityViews: 2_000_000,
  sessionsPerProduct: 1_000,
}

export interface IndexedView {
  readonly userId: string
  readonly productId: string
  /** Effective, epoch milliseconds. */
  readonly time: number
  /** When it came to the log, epoch milliseconds, where that is known. */
  readonly arrivedAt?: number
}

/**
 * The newest views of all visitors, as sessions, in memory: what recommendations are made from.
 *
 * While no cap is reached it is a function of the set of views, of what was forgotten and of who was taken over: no
 * order and no repetition changes an answer, and what is forgotten was never there. Always: its memory is bounded by
 * its settings. No clock, no I/O.
 */
export interface SessionIndex extends Latest {
  /** False when it changes nothing: the view is there already, or was forgotten. */
  add(view: IndexedView): boolean
  /** Forgets the user's views up to `at` of one product, or of all (`null`). They stay forgotten, also when they come later. */
  forget(userId: string, productId: string | null, at: number): void
  /** Makes the guest's views up to `upTo` the user's, also those that come later. */
  takeOver(userId: string, guestId: string, upTo: number): void
  /** Is such a view the user's own, after all that was forgotten and taken over? */
  isOf(userId: string, productId: string, time: number): boolean
  /** Drops what it knows of things forgotten and taken over before `time`, in turns; true when there was any. */
  dropChangesBefore(time: number): Promise<boolean>
  /** When a view of the product first came to the log, of those it knows, epoch milliseconds; 0 when none is known. */
  firstArrival(productId: string): number
  readonly views: number
  /** The newest time of all views that came; 0 before the first. */
  readonly newestTime: number
  readonly products: Interner
  readonly visitors: Interner
  readonly sessions: SessionTable
  readonly postings: Postings
  readonly counts: ViewCounts
  readonly returns: Returns
  readonly trending: Trending
  /** The order of sessions: by their start, ties by visitor. */
  readonly isOlder: (a: number, b: number) => boolean
  /** Memory in bytes; that of strings is estimated. */
  bytes(): number
}

export function createSessionIndex(
  settings: SessionIndexSettings = defaultSessionIndexSettings,
): SessionIndex {
  const { capacityViews, sessionsPerProduct } = settings
  const products = createInterner()
  const visitors = createInterner()
  const sessions = createSessionTable()
  const isOlder = orderByStart(sessions.starts, compareVisitors)
  const postings = createPostings(sessionsPerProduct, isOlder)
  const counts = createViewCounts()
  const returns = createReturns()
  const trending = createTrending(counts, products)
  const belonging = createBelonging()
  const oldest = createOldestFirst()
  const { latest, latestProducts } = createLatest({ products, visitors, sessions }, maxSessionViews)
  const path = createPath(2 * maxSessionViews + 1)
  const newerPath = createPath(maxSessionViews)
  const items = new Uint32Array(maxSessionViews)
  let arrivals = new Float64Array(16)
  let views = 0
  let newestTime = 0

  function compareVisitors(a: number, b: number): number {
    return compareBytes(visitors.id(sessions.visitor(a)), visitors.id(sessions.visitor(b)))
  }

  /** Makes a session evidence, or no evidence any more. */
  function count(session: number, sign: 1 | -1): void {
    const length = sessions.readItems(session, items)
    for (let i = 0; i < length; i++) {
      const item = items[i] as number
      if (items.indexOf(item) !== i) continue
      if (sign === 1) postings.insert(item, session)
      else postings.remove(item, session)
    }
    returns.count(items, 1, length, sign)
  }

  function countView(item: number, time: number): void {
    views++
    counts.add(item, time)
    trending.rose(item, Math.max(newestTime, time))
  }

  function uncountView(item: number, time: number): void {
    views--
    counts.remove(item, time)
    release(item)
  }

  function release(item: number): void {
    if (!products.release(item)) return
    counts.clear(item)
    arrivals[item] = 0
  }

  /** Takes a session out of the chain; its views are still held and counted. */
  function takeOut(session: number): void {
    const visitor = sessions.visitor(session)
    count(session, -1)
    sessions.remove(session)
    visitors.release(visitor)
  }

  function putIn(visitorId: string): void {
    const session = sessions.create(visitors.hold(visitorId), path)
    count(session, 1)
    oldest.put(session, sessions.start(session))
    if (oldest.size > 2 * sessions.size + 64) tidyOldest()
  }

  /** Sessions that were cut, joined or forgotten leave entries behind. */
  function tidyOldest(): void {
    oldest.clear()
    for (let session = 0; session < sessions.used; session++) {
      if (sessions.length(session) > 0) oldest.put(session, sessions.start(session))
    }
  }

  function drop(session: number): void {
    sessions.read(session, path)
    takeOut(session)
    for (let i = 0; i < path.length; i++) uncountView(path.items[i] as number, path.times[i] as number)
  }

  /** Where in the path the view belongs; -1 when it is there already. */
  function placeInPath(item: number, productId: string, time: number): number {
    let at = path.length
    for (; at > 0; at--) {
      const [t, other] = [path.times[at - 1] as number, path.items[at - 1] as number]
      if (t < time) break
      if (t === time && other === item) return -1
      if (t === time && compareBytes(products.id(other), productId) < 0) break
    }
    return at
  }

  function appendToLast(session: number, productId: string, time: number): void {
    const item = products.hold(productId)
    const length = sessions.readItems(session, items)
    const isNew = items.subarray(0, length).indexOf(item) < 0
    sessions.append(session, item, time)
    items[length] = item
    if (isNew) postings.insert(item, session)
    returns.count(items, length, length + 1, 1)
    countView(item, time)
  }

  function insert(visitorId: string, productId: string, time: number, older: number, newer: number): boolean {
    path.length = 0
    if (older !== none) sessions.read(older, path)
    const at = placeInPath(products.find(productId), productId, time)
    if (at < 0) return false
    if (older !== none) takeOut(older)
    path.items.copyWithin(at + 1, at, path.length)
    path.times.copyWithin(at + 1, at, path.length)
    path.items[at] = products.hold(productId)
    path.times[at] = time
    path.length++
    countView(path.items[at] as number, time)
    if (newer !== none) joinNewer(newer)
    trim()
    putIn(visitorId)
    return true
  }

  function joinNewer(newer: number): void {
    sessions.read(newer, newerPath)
    takeOut(newer)
    path.items.set(newerPath.items.subarray(0, newerPath.length), path.length)
    path.times.set(newerPath.times.subarray(0, newerPath.length), path.length)
    path.length += newerPath.length
  }

  function trim(): void {
    const excess = path.length - maxSessionViews
    if (excess <= 0) return
    for (let i = 0; i < excess; i++) uncountView(path.items[i] as number, path.times[i] as number)
    path.items.copyWithin(0, excess, path.length)
    path.times.copyWithin(0, excess, path.length)
    path.length = maxSessionViews
  }

  function place(visitorId: string, productId: string, time: number): boolean {
    const visitor = visitors.find(visitorId)
    let newer = none
    let older = visitor === none ? none : sessions.newest(visitor)
    while (older !== none && sessions.start(older) > time) {
      newer = older
      older = sessions.older(older)
    }
    if (newer !== none && sessions.start(newer) - time >= sessionGapMs) newer = none
    if (older !== none && time - sessions.end(older) >= sessionGapMs) older = none
    const isLast = older !== none && newer === none && time > sessions.end(older)
    if (isLast && sessions.length(older) < maxSessionViews) appendToLast(older, productId, time)
    else if (!insert(visitorId, productId, time, older, newer)) return false
    if (time > newestTime) newestTime = time
    evict()
    return true
  }

  function noteArrival(item: number, at: number): void {
    if (item === none) return
    arrivals = grown(arrivals, item + 1)
    const known = arrivals[item] as number
    arrivals[item] = known === 0 ? at : Math.min(known, at)
  }

  function evict(): void {
    while (views > capacityViews) {
      const session = oldest.takeOldest(sessions.isFrom)
      if (session === null) return
      drop(session)
    }
  }

  /** Takes out all views of a user, puts back those that `stays` lets stay, and gives the others to `move`. */
  function sortOut(
    userId: string,
    stays: (productId: string, time: number) => boolean,
    move: (productId: string, time: number) => void,
  ): void {
    const all = latest(userId, Infinity)
    if (all.every(({ productId, time }) => stays(productId, time))) return
    // So that a product that nobody else viewed does not lose what is known of it.
    const held = all.map(({ productId }) => products.hold(productId))
    const visitor = visitors.find(userId)
    const own: number[] = []
    for (let s = sessions.newest(visitor); s !== none; s = sessions.older(s)) own.push(s)
    for (const session of own) drop(session)
    for (const { productId, time } of all.reverse()) {
      if (stays(productId, time)) place(userId, productId, time)
      else move(productId, time)
    }
    for (const item of held) release(item)
  }

  return {
    add({ userId, productId, time, arrivedAt = time }) {
      const owner = belonging.ownerOf(userId, productId, time)
      if (owner === null || !place(owner, productId, time)) return false
      noteArrival(products.find(productId), arrivedAt)
      return true
    },

    forget(userId, productId, at) {
      belonging.forget(userId, productId, at)
      const stays = (viewed: string, time: number) =>
        time > at || (productId !== null && viewed !== productId)
      sortOut(userId, stays, () => trending.fell())
    },

    takeOver(userId, guestId, upTo) {
      belonging.takeOver(userId, guestId, upTo)
      const stays = (_: string, time: number) => time > upTo
      sortOut(guestId, stays, (productId, time) => {
        const owner = belonging.ownerOf(userId, productId, time)
        if (owner === null) trending.fell()
        else place(owner, productId, time)
      })
    },

    isOf: (userId, productId, time) => belonging.ownerOf(userId, productId, time) === userId,
    dropChangesBefore: time => belonging.dropBefore(time),
    firstArrival(productId) {
      const item = products.find(productId)
      return item === none ? 0 : (arrivals[item] ?? 0)
    },
    latest,
    latestProducts,
    get views() {
      return views
    },
    get newestTime() {
      return newestTime
    },
    products,
    visitors,
    sessions,
    postings,
    counts,
    returns,
    trending,
    isOlder,
    bytes: () =>
      products.bytes() +
      visitors.bytes() +
      sessions.bytes() +
      postings.bytes() +
      counts.bytes() +
      trending.bytes() +
      oldest.bytes() +
      belonging.bytes() +
      arrivals.byteLength,
  }
}
