import { historyReadCap } from '#internal/history/store.ts'
import type { HistoryStore } from '#internal/history/store.ts'
import type { OrdersReader } from '#internal/orders/store.ts'
import type { Deadline, StoreGuard } from './store-guard.ts'

/** So many visitors are remembered, and so many of their products in all; those not asked for longest go first. */
const maxVisitors = 50_000
const maxProducts = 2_000_000
/** What a loader or a run wrote meanwhile shows after so long at the latest. */
const rememberMs = 5 * 60_000

/** What the store knows of a visitor. */
export interface KnownVisitor {
  /** Products of his history, newest first. */
  readonly viewed: ReadonlySet<string>
  /** Products that he bought since the time asked for. */
  readonly bought: ReadonlySet<string>
  /** False when the store was away, and what it knows is missing or may be too old. */
  readonly complete: boolean
}

/** Remembers what the store said of visitors, so that one who looks around is not read anew with each answer. */
export interface KnownVisitors {
  /** By the deadline, where there is one. `rebuyAfterMs` is how far back purchases count; `null` when they are not asked for. */
  of(userId: string, rebuyAfterMs: number | null, deadline?: Deadline): Promise<KnownVisitor>
  /** The visitor's history shrank, or grew by another's. */
  forget(userId: string): void
}

/** Products that the store named, and when it was asked, epoch milliseconds. */
interface Read {
  readonly readAt: number
  readonly products: ReadonlySet<string>
}

interface Remembered {
  readonly viewed?: Read
  /** As asked last: a shop asks with the same time again and again. */
  readonly bought?: Read & { readonly rebuyAfterMs: number }
}

/**
 * `now` gives epoch milliseconds. `isHis` tells whether a view (its time is effective, epoch milliseconds) is still the
 * user's: the store may not yet have carried out a change that stands in the log.
 */
export function createKnownVisitors(options: {
  history: Pick<HistoryStore, 'latest'>
  orders: Pick<OrdersReader, 'boughtSince'>
  guard: StoreGuard
  isHis: (userId: string, productId: string, time: number) => boolean
  now: () => number
}): KnownVisitors {
  const { history, orders, guard, isHis, now } = options
  const visitors = new Map<string, Remembered>()
  let products = 0

  function drop(userId: string): void {
    products -= sizeOf(visitors.get(userId))
    visitors.delete(userId)
  }

  /** Adds to what is known of a visitor, who goes last among those to be dropped. */
  function remember(userId: string, part: Remembered): void {
    const one = { ...visitors.get(userId), ...part }
    drop(userId)
    visitors.set(userId, one)
    products += sizeOf(one)
    while (visitors.size > maxVisitors || products > maxProducts) {
      drop(visitors.keys().next().value as string)
    }
  }

  const isFresh = (read: Read | undefined) => read !== undefined && now() - read.readAt < rememberMs

  async function viewed(userId: string, deadline: Deadline): Promise<Read | undefined> {
    const known = visitors.get(userId)?.viewed
    if (isFresh(known)) return known
    const readAt = now()
    const answer = await deadline(guard(() => history.latest(userId, { limit: historyReadCap })))
    if (!answer?.there) return known
    // Nothing may wait between this look at the changes and remembering: a change makes forget what is remembered.
    const his = answer.value.items.filter(({ productId, viewedAt }) => isHis(userId, productId, viewedAt))
    const read = { readAt, products: new Set(his.map(({ productId }) => productId)) }
    remember(userId, { viewed: read })
    return read
  }

  async function bought(userId: string, rebuyAfterMs: number, deadline: Deadline): Promise<Read | undefined> {
    const last = visitors.get(userId)?.bought
    const known = last?.rebuyAfterMs === rebuyAfterMs ? last : undefined
    if (isFresh(known)) return known
    const readAt = now()
    const answer = await deadline(guard(() => orders.boughtSince(userId, readAt - rebuyAfterMs)))
    if (!answer?.there) return known
    const read = { readAt, products: answer.value, rebuyAfterMs }
    remember(userId, { bought: read })
    return read
  }

  return {
    async of(userId, rebuyAfterMs, deadline = answer => answer) {
      if (visitors.has(userId)) remember(userId, {})
      const [history, purchases] = await Promise.all([
        viewed(userId, deadline),
        rebuyAfterMs === null ? notAsked : bought(userId, rebuyAfterMs, deadline),
      ])
      return {
        viewed: history?.products ?? nothing,
        bought: purchases?.products ?? nothing,
        complete: isFresh(history) && (purchases === notAsked || isFresh(purchases)),
      }
    },
    forget: drop,
  }
}

const nothing: ReadonlySet<string> = new Set()
const notAsked: Read = { readAt: 0, products: nothing }

const sizeOf = (one: Remembered | undefined) =>
  (one?.viewed?.products.size ?? 0) + (one?.bought?.products.size ?? 0)
