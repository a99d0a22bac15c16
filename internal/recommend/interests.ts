import type { Product } from '#internal/orders/store.ts'

/** A category that a user looks at, with what of it he looked at. */
export interface Interest {
  readonly category: string
  /** Newest first. */
  readonly viewed: readonly string[]
}

/**
 * The categories of what a user looked at (newest first): most products first, at equal numbers the one looked at
 * last. Products that the catalogue does not know say nothing.
 */
export function interestsOf(
  latest: readonly string[],
  product: (productId: string) => Product | undefined,
): Interest[] {
  const viewed = new Map<string, string[]>()
  for (const productId of latest) {
    const category = product(productId)?.categoryId
    if (category === undefined) continue
    const products = viewed.get(category)
    if (products) products.push(productId)
    else viewed.set(category, [productId])
  }
  const interests = [...viewed].map(([category, products]) => ({ category, viewed: products }))
  // The map keeps the order of the newest views and the sort is stable: that decides between equals.
  return interests.sort((a, b) => b.viewed.length - a.viewed.length)
}
