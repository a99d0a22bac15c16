import { compareBytes } from '#internal/domain/product-view.ts'
import type { HistoryItem, HistoryPage, HistoryPosition } from './store.ts'

/** The order of a history: newest first, at equal times by product id in byte order. */
function newestFirst(a: HistoryPosition, b: HistoryPosition): number {
  return b.viewedAt - a.viewedAt || compareBytes(a.productId, b.productId)
}

/** One page of the items that were read, which may come in any order. */
export function pageOf(
  items: readonly HistoryItem[],
  options: { limit: number; after: HistoryPosition | undefined; truncated: boolean },
): HistoryPage {
  const { limit, after, truncated } = options
  const rest = items.filter(item => !after || newestFirst(item, after) > 0).sort(newestFirst)
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page,
    next: last && rest.length > limit ? { viewedAt: last.viewedAt, productId: last.productId } : null,
    truncated,
  }
}
