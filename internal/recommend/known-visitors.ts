import { historyReadCap } from '#internal/history/store.ts'
import type { HistoryStore } from '#internal/history/store.ts'
import type { OrdersReader } from '#internal/orders/store.ts'
import type { StoreGuard } from './store-guard.ts'

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
  /** False when the store was away, and what it knows is missing. */
  readonly complete: boolean
}

/** Remembers what the store said of visitors, so that one who looks around is not read anew with each answer. */
export interface KnownVisitors {
  /** `rebuyAfterMs` is how far back purchases count; `null` when they are not asked for. */
  of(userId: string, rebuyAfterMs: number | null): Promise<KnownVisitor>
  /** The visitor's history shrank, or grew by another's. */
  forget(userId: string): void
}

interface Remembered {
  readonly readAt: number
  readonly viewed: ReadonlySet<string>
  /** As asked last: a shop asks with the same time again and again. */
  bought: { readonly rebuyAfterMs: number; readonly products: ReadonlySet<string> } | null
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
    const one = visitors.get(userId)
    if (one === undefined) return
    products -= one.viewed.size
    visitors.delete(userId)
  }

  function remember(userId: string, one: Remembered): void {
    drop(userId)
    visitors.set(userId, one)
    products += one.viewed.size
    while (visitors.size > maxVisitors || products > maxProducts) {
      drop(visitors.keys().next().value as string)
    }
  }

  async function historyOf(userId: string): Promise<Remembered | null> {
    const known = visitors.get(userId)
    if (known !== undefined && now() - known.readAt < rememberMs) {
      remember(userId, known)
      return known
    }
    const readAt = now()
    const answer = await guard(() => history.latest(userId, { limit: historyReadCap }))
    if (!answer.there) return known ?? null
    const his = answer.value.items.filter(({ productId, viewedAt }) => isHis(userId, productId, viewedAt))
    const viewed = new Set(his.map(({ productId }) => productId))
    const read = { readAt, viewed, bought: null }
    remember(userId, read)
    return read
  }

  async function bought(
    userId: string,
    rebuyAfterMs: number,
    known: Remembered | null,
  ): Promise<ReadonlySet<string> | null> {
    if (known?.bought?.rebuyAfterMs === rebuyAfterMs) return known.bought.products
    const answer = await guard(() => orders.boughtSince(userId, now() - rebuyAfterMs))
    if (!answer.there) return null
    if (known !== null) known.bought = { rebuyAfterMs, products: answer.value }
    return answer.value
  }

  return {
    async of(userId, rebuyAfterMs) {
      const history = await historyOf(userId)
      const purchases = rebuyAfterMs === null ? nothing : await bought(userId, rebuyAfterMs, history)
      return {
        viewed: history?.viewed ?? nothing,
        bought: purchases ?? nothing,
        complete: history !== null && purchases !== null,
      }
    },
    forget: drop,
  }
}

const nothing: ReadonlySet<string> = new Set()
