import { compareBytes } from '#internal/domain/product-view.ts'
import type { HistoryItem, HistoryPage, HistoryPosition } from './store.ts'

interface PageOptions {
  readonly limit: number
  readonly after: HistoryPosition | undefined
  readonly truncated: boolean
}

/** The order of a history: newest first, at equal times by product id in byte order. */
function newestFirst(a: HistoryPosition, b: HistoryPosition): number {
  return b.viewedAt - a.viewedAt || compareBytes(a.productId, b.productId)
}

/** Brings items into the order of a history, in place. */
export function sortHistory(items: HistoryItem[]): HistoryItem[] {
  return items.sort(newestFirst)
}

/** One page of the items that were read, which may come in any order. */
export function pageOf(items: readonly HistoryItem[], options: PageOptions): HistoryPage {
  return pageInOrder(sortHistory([...items]), options)
}

/** One page of a whole history in its order. */
export function pageInOrder(
  items: readonly HistoryItem[],
  { limit, after, truncated }: PageOptions,
): HistoryPage {
  const next = after === undefined ? 0 : items.findIndex(item => newestFirst(item, after) > 0)
  const begin = next < 0 ? items.length : next
  const page = items.slice(begin, begin + limit)
  const last = page.at(-1)
  const isMore = items.length > begin + limit
  return {
    items: page,
    next: last && isMore ? { viewedAt: last.viewedAt, productId: last.productId } : null,
    truncated,
  }
}
