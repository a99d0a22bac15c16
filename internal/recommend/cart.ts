import { compareBytes } from '#internal/domain/product-view.ts'
import { bestPairFirst } from '#internal/orders/store.ts'
import type { BoughtTogether } from '#internal/orders/store.ts'

/** A product that belongs to a cart. */
export interface Partner {
  readonly productId: string
  /** The sum over the cart's products of how much each belongs together with it. */
  readonly score: number
  readonly because: {
    /** The product of the cart with the largest share in the score. */
    readonly product: string
    /** Orders that hold both. */
    readonly support: number
  }
}

/**
 * The products bought together with those of a cart, best first and none of the cart's own, from a list for each of its
 * products. The order of the cart changes nothing.
 */
export function partnersOfCart(
  cart: ReadonlySet<string>,
  lists: Iterable<readonly BoughtTogether[]>,
): Partner[] {
  const found = new Map<string, { score: number; best: BoughtTogether }>()
  // Sums of fractions and equal shares depend on the order, so there is one.
  const ordered = [...lists].sort((a, b) => compareBytes(a[0]?.productId ?? '', b[0]?.productId ?? ''))
  for (const pair of ordered.flat()) {
    if (cart.has(pair.otherProductId)) continue
    const sum = found.get(pair.otherProductId)
    if (sum === undefined) {
      found.set(pair.otherProductId, { score: pair.score, best: pair })
      continue
    }
    sum.score += pair.score
    if (bestPairFirst(pair, sum.best) < 0) sum.best = pair
  }
  const sums = [...found].map(([otherProductId, { score, best }]) => ({
    ...best,
    otherProductId,
    score,
    best,
  }))
  return sums.sort(bestPairFirst).map(({ otherProductId, score, best: { productId, support } }) => ({
    productId: otherProductId,
    score,
    because: { product: productId, support },
  }))
}
