import { replaces } from '#internal/domain/product-view.ts'
import { pageInOrder, sortHistory } from './page.ts'
import { historyReadCap } from './store.ts'
import type { RecordedView } from '#internal/domain/product-view.ts'
import type { HistoryItem, HistoryPage, HistoryPosition, HistoryStore } from './store.ts'

/** So many users are remembered, and so many of their products in all; those not asked for longest go first. */
export const maxUsers = 20_000
const maxProducts = 300_000
/**
 * A view that was in the log before its user was first asked for is in the store after so long: by then the loader
 * must have written it, and carried out what was changed.
 */
export const settleMs = 5_000
/** Then a history is read anew, so that what a loader wrote much later than that shows, too. */
export const rememberMs = 5 * 60_000

/** What a process that reads the log as it grows knows of users' views. */
export interface LiveKnowledge {
  /** Does it hear of every view and change as they come? */
  readonly hears: boolean
  /** Is such a view the user's own, after all that was forgotten and taken over? `time` is effective, epoch milliseconds. */
  isHis(userId: string, productId: string, time: number): boolean
  /** Views of the user that it holds, in any order. */
  viewsOf(userId: string): readonly { readonly productId: string; readonly time: number }[]
}

/** Histories of users who are asked for again and again, without a read for each answer. */
export interface RememberedHistories {
  /** As the store's own; from memory where that gives the same. */
  latest: HistoryStore['latest']
  /** A view has come to the log. */
  saw(view: RecordedView): void
  /** The user's history shrank, or grew by another's. */
  forget(userId: string): void
}

interface Remembered {
  /** Every view that came since is here, epoch milliseconds. */
  readonly since: number
  readonly items: Map<string, HistoryItem>
  /** Once the store has said what came before. */
  complete: boolean
  /** The items in the order of a history; `null` when they have changed. */
  inOrder: HistoryItem[] | null
}

/**
 * Watches a user from the first question on, and asks the store until what came before has settled there; from then on
 * that answer and the views since are the history. Where the log says anything else than the store, the store is asked.
 * `now` gives epoch milliseconds; `onAnswer` is told where each page came from.
 */
export function rememberHistories(options: {
  store: Pick<HistoryStore, 'latest'>
  live: LiveKnowledge
  ttlMs: number
  now: () => number
  onAnswer: (from: 'memory' | 'store') => void
}): RememberedHistories {
  const { store, live, ttlMs, now, onAnswer } = options
  const users = new Map<string, Remembered>()
  let products = 0

  function forget(userId: string): void {
    const one = users.get(userId)
    if (one === undefined) return
    products -= one.items.size
    users.delete(userId)
  }

  function forgetAll(): void {
    users.clear()
    products = 0
  }

  function keepBound(): void {
    while (users.size > maxUsers || products > maxProducts) forget(users.keys().next().value as string)
  }

  /** The user as remembered, now the one asked for last. */
  function watched(userId: string): Remembered {
    let one = users.get(userId)
    if (one === undefined || now() - one.since > rememberMs) {
      forget(userId)
      one = { since: now(), items: new Map(), complete: false, inOrder: null }
    }
    users.delete(userId)
    users.set(userId, one)
    keepBound()
    return one
  }

  function put(one: Remembered, item: HistoryItem): void {
    const standing = one.items.get(item.productId)
    if (standing !== undefined && !replaces(timed(item), timed(standing))) return
    if (standing === undefined) products++
    one.items.set(item.productId, item)
    one.inOrder = null
  }

  /** Takes the store's word for what came before, if all that is known besides agrees. */
  function complete(userId: string, one: Remembered, { items, truncated }: HistoryPage): void {
    if (users.get(userId) !== one) return
    if (!truncated && items.every(({ productId, viewedAt }) => live.isHis(userId, productId, viewedAt))) {
      for (const item of items) put(one, item)
      const isThere = ({ productId, time }: { productId: string; time: number }) =>
        (one.items.get(productId)?.viewedAt ?? -Infinity) >= time
      one.complete = live.viewsOf(userId).every(isThere)
    }
    // Watched anew, so that not every question reads all.
    if (!one.complete) forget(userId)
    keepBound()
  }

  function pageFrom(one: Remembered, limit: number, after: HistoryPosition | undefined): HistoryPage {
    one.inOrder ??= sortHistory([...one.items.values()])
    const oldest = now() - ttlMs
    for (let last = one.inOrder.at(-1); last !== undefined && last.viewedAt <= oldest; ) {
      one.inOrder.pop()
      one.items.delete(last.productId)
      products--
      last = one.inOrder.at(-1)
    }
    return pageInOrder(one.inOrder, { limit, after, truncated: false })
  }

  return {
    async latest(userId, { limit, after }) {
      if (!live.hears) {
        forgetAll()
        onAnswer('store')
        return store.latest(userId, { limit, ...(after && { after }) })
      }
      const one = watched(userId)
      if (one.complete) {
        onAnswer('memory')
        return pageFrom(one, limit, after)
      }
      onAnswer('store')
      if (now() - one.since < settleMs) return store.latest(userId, { limit, ...(after && { after }) })
      const all = await store.latest(userId, { limit: historyReadCap })
      complete(userId, one, all)
      return pageInOrder(all.items, { limit, after, truncated: all.truncated })
    },

    saw({ userId, productId, effectiveTime, source }) {
      const one = users.get(userId)
      if (one === undefined) return
      if (live.isHis(userId, productId, effectiveTime))
        put(one, { productId, viewedAt: effectiveTime, source })
      else forget(userId)
      keepBound()
    },

    forget,
  }
}

function timed({ viewedAt, source }: HistoryItem) {
  return { effectiveTime: viewedAt, source }
}
