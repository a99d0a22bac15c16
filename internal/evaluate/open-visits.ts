/** The visits that may still go on. */
export interface OpenVisits {
  /** Takes a view in, in order of time, and gives the products of its visit so far, this one last. */
  add(userId: string, product: number, time: number): readonly number[]
  /** Ends all that are open. */
  endAll(): void
}

/** Visits end after `gapMs` of silence, in the order of their last views; each is then handed to `onEnd`. */
export function createOpenVisits(gapMs: number, onEnd: (products: readonly number[]) => void): OpenVisits {
  // A Map keeps the order of insertion: the longest silent comes first.
  const open = new Map<string, { products: number[]; last: number }>()

  function endSilent(time: number): void {
    for (const [userId, { products, last }] of open) {
      if (time - last < gapMs) return
      open.delete(userId)
      onEnd(products)
    }
  }

  return {
    add(userId, product, time) {
      endSilent(time)
      const visit = open.get(userId) ?? { products: [], last: time }
      visit.products.push(product)
      visit.last = time
      open.delete(userId)
      open.set(userId, visit)
      return visit.products
    },
    endAll() {
      for (const { products } of open.values()) onEnd(products)
      open.clear()
    },
  }
}
