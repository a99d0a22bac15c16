import { compareBytes, replaces } from '#internal/domain/product-view.ts'
import type { RecordedView } from '#internal/domain/product-view.ts'

/**
 * Of several views of one product by one user only the one that stays, in the order of user and product, so that two
 * writers who lock rows in this order never wait for each other in a circle.
 */
export function foldViews(views: readonly RecordedView[]): RecordedView[] {
  const users = new Map<string, Map<string, RecordedView>>()
  for (const view of views) {
    const products = users.get(view.userId) ?? new Map<string, RecordedView>()
    users.set(view.userId, products)
    const standing = products.get(view.productId)
    if (standing === undefined || replaces(view, standing)) products.set(view.productId, view)
  }
  return [...users.values()]
    .flatMap(products => [...products.values()])
    .sort((a, b) => compareBytes(a.userId, b.userId) || compareBytes(a.productId, b.productId))
}

/**
 * Of several views of one user that claim one time and one messageid only one, so that a repeat is the same row. Where
 * they contradict each other each column keeps its largest value, as on Cassandra.
 */
export function foldMessages(views: readonly RecordedView[]): RecordedView[] {
  const rows = new Map<string, RecordedView>()
  for (const view of views) {
    const key = JSON.stringify([view.userId, view.timestamp, view.messageId])
    const standing = rows.get(key) ?? view
    rows.set(key, {
      ...view,
      productId: larger(view.productId, standing.productId),
      source: larger(view.source, standing.source),
    })
  }
  return [...rows.values()].sort(
    (a, b) =>
      compareBytes(a.userId, b.userId) || a.timestamp - b.timestamp || compareBytes(a.messageId, b.messageId),
  )
}

function larger(a: string, b: string): string {
  return compareBytes(a, b) > 0 ? a : b
}
