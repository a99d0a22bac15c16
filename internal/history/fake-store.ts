import { compareBytes, replaces } from '#internal/domain/product-view.ts'
import { Unavailable } from '#internal/errors/errors.ts'
import { pageOf } from './page.ts'
import { historyReadCap } from './store.ts'
import type { RecordedView } from '#internal/domain/product-view.ts'
import type { HistoryItem, HistoryStore, HistoryTtl, RecordedRow } from './store.ts'

export interface FakeHistoryStore extends HistoryStore {
  /** While false, every call rejects with `Unavailable`. */
  setAvailable(available: boolean): void
}

interface User {
  readonly products: Map<string, RecordedView>
  readonly deletedAt: Map<string, number>
  allDeletedAt: number
  readonly rows: Map<string, RecordedRow>
}

const dayMs = 86_400_000

/** Histories in memory, for tests of what uses them; `now` gives epoch milliseconds. */
export function createFakeHistoryStore(options: { ttl: HistoryTtl; now: () => number }): FakeHistoryStore {
  const { ttl, now } = options
  const users = new Map<string, User>()
  let available = true

  async function reachable(): Promise<void> {
    if (!available) throw new Unavailable('the fake store is away')
  }

  function userOf(userId: string): User {
    const known = users.get(userId)
    if (known) return known
    const user: User = { products: new Map(), deletedAt: new Map(), allDeletedAt: -Infinity, rows: new Map() }
    users.set(userId, user)
    return user
  }

  function isAlive(user: User, { productId, effectiveTime }: RecordedView): boolean {
    if (effectiveTime <= now() - ttl.historyMs) return false
    const held = (at: number) => at > now() - ttl.historyMs - dayMs && at >= effectiveTime
    return !held(user.allDeletedAt) && !held(user.deletedAt.get(productId) ?? -Infinity)
  }

  function record(view: RecordedView): void {
    const user = userOf(view.userId)
    if (view.timestamp > now() - ttl.viewsMs) addRow(user, view)
    remember(user, view)
  }

  function remember(user: User, view: RecordedView): void {
    if (!isAlive(user, view)) return
    const standing = user.products.get(view.productId)
    if (!standing || replaces(view, standing)) user.products.set(view.productId, view)
  }

  const lookedAt = (userId: string): HistoryItem[] => {
    const user = userOf(userId)
    return [...user.products.values()]
      .filter(view => isAlive(user, view))
      .map(({ productId, effectiveTime, source }) => ({ productId, viewedAt: effectiveTime, source }))
      .sort((a, b) => compareBytes(a.productId, b.productId))
  }

  return {
    setAvailable(value) {
      available = value
    },
    async recordViews(views) {
      await reachable()
      views.forEach(record)
    },
    async forgetProduct(userId, productId, at) {
      await reachable()
      const { deletedAt } = userOf(userId)
      deletedAt.set(productId, Math.max(at, deletedAt.get(productId) ?? -Infinity))
    },
    async forgetUser(userId, at) {
      await reachable()
      const user = userOf(userId)
      user.allDeletedAt = Math.max(at, user.allDeletedAt)
    },
    async takeOver(userId, guestId, upTo) {
      await reachable()
      const guest = userOf(guestId)
      for (const view of guest.products.values()) {
        const { productId, effectiveTime } = view
        if (effectiveTime > upTo || !isAlive(guest, view)) continue
        remember(userOf(userId), { ...view, userId })
        guest.deletedAt.set(productId, effectiveTime)
      }
    },
    async latest(userId, { limit, after }) {
      await reachable()
      const all = lookedAt(userId)
      const truncated = all.length > historyReadCap
      return pageOf(all.slice(0, historyReadCap), { limit, after, truncated })
    },
    async newestEffectiveTime(userId, productId) {
      await reachable()
      const items = lookedAt(userId).filter(item => productId === undefined || item.productId === productId)
      return items.reduce<number | null>(
        (newest, { viewedAt }) => Math.max(newest ?? viewedAt, viewedAt),
        null,
      )
    },
    async viewsOfMonth(userId, month, limit) {
      await reachable()
      return [...userOf(userId).rows.values()]
        .filter(({ messageTime }) => new Date(messageTime).toISOString().startsWith(month))
        .filter(({ messageTime }) => messageTime > now() - ttl.viewsMs)
        .sort((a, b) => b.messageTime - a.messageTime || compareBytes(a.messageId, b.messageId))
        .slice(0, limit)
    },
  }
}

function addRow(user: User, { messageId, userId, productId, source, timestamp }: RecordedView): void {
  const key = JSON.stringify([timestamp, messageId])
  const standing = user.rows.get(key)
  const larger = (a: string, b: string | undefined) => (b !== undefined && compareBytes(b, a) > 0 ? b : a)
  user.rows.set(key, {
    messageId,
    userId,
    productId: larger(productId, standing?.productId),
    source: larger(source, standing?.source),
    messageTime: timestamp,
  })
}
