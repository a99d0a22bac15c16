/*
 * Metrics of a list with one relevant product, the next one. `rank` is its place, counted from 1; 0 when the list
 * does not hold it.
 */

/** 1 when the list holds the next product. */
export function hit(rank: number): number {
  return rank > 0 ? 1 : 0
}

/** 1 / place; its mean is the MRR. */
export function reciprocalRank(rank: number): number {
  return rank > 0 ? 1 / rank : 0
}

/** 1 / log2(place + 1): the NDCG of Järvelin and Kekäläinen (2002) when one product is relevant. */
export function discountedGain(rank: number): number {
  return rank > 0 ? 1 / Math.log2(rank + 1) : 0
}

/**
 * Gini coefficient of how often each product was shown, those never shown included: 0 when all are shown equally
 * often, near 1 when a few get everything.
 */
export function gini(shown: ArrayLike<number>, catalogueSize: number): number {
  const counts = Float64Array.from(shown)
    .filter(count => count > 0)
    .sort()
  const size = Math.max(catalogueSize, counts.length)
  const neverShown = size - counts.length
  let sum = 0
  let weighted = 0
  counts.forEach((count, index) => {
    sum += count
    weighted += (neverShown + index + 1) * count
  })
  return sum === 0 ? 0 : (2 * weighted) / (size * sum) - (size + 1) / size
}

/** Nearest-rank percentile of ascending values; `null` of none. */
export function percentile(ascending: ArrayLike<number>, percent: number): number | null {
  const index = Math.max(0, Math.ceil((percent / 100) * ascending.length) - 1)
  return ascending[index] ?? null
}
