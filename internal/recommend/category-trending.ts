import { compareBytes } from '#internal/domain/product-view.ts'
import { none } from './index/columns.ts'
import { trendingLength } from './index/trending.ts'
import { inTurns, sortInSlices } from './sort-in-slices.ts'
import type { Catalogue } from './catalogue.ts'
import type { SessionIndex } from './index/session-index.ts'

/** So many products are looked at before others have a turn. */
const stretch = 500
/** What is trending in a category of more products than this is remembered for a moment. */
const mostLookedAt = 2_000
const rememberMs = 1_000
const mostRemembered = 1_000

export interface TrendingProduct {
  readonly productId: string
  /** Its views, halved with each day that goes by. */
  readonly views: number
}

/** What is viewed most these days in categories. */
export interface CategoryTrending {
  /** Of each category the first 500, together most viewed first, ties by id. What a large category gives may be a second old. */
  of(catalogue: Catalogue, categories: readonly string[]): Promise<readonly TrendingProduct[]>
}

interface Remembered {
  readonly catalogue: Catalogue
  /** Epoch milliseconds. */
  readonly until: number
  readonly list: Promise<readonly TrendingProduct[]>
}

/** `now` gives epoch milliseconds. */
export function createCategoryTrending(index: SessionIndex, now: () => number): CategoryTrending {
  const remembered = new Map<string, Remembered>()

  async function rank(catalogue: Catalogue, category: string) {
    const at = index.newestTime
    const found: TrendingProduct[] = []
    let looked = 0
    for await (const { productId } of inTurns(catalogue.newest([category]), stretch)) {
      looked++
      const item = index.products.find(productId)
      const views = item === none ? 0 : index.trending.of(item, at)
      if (views > 0) found.push({ productId, views })
    }
    const sorted = await sortInSlices(found, mostFirst)
    return { list: sorted.slice(0, trendingLength), isSmall: looked <= mostLookedAt }
  }

  function inCategory(catalogue: Catalogue, category: string): Promise<readonly TrendingProduct[]> {
    const known = remembered.get(category)
    if (known?.catalogue === catalogue && now() < known.until) return known.list
    const ranking = rank(catalogue, category)
    const one = { catalogue, until: now() + rememberMs, list: ranking.then(({ list }) => list) }
    const drop = () => {
      if (remembered.get(category) === one) remembered.delete(category)
    }
    remembered.delete(category)
    remembered.set(category, one)
    if (remembered.size > mostRemembered) remembered.delete(remembered.keys().next().value as string)
    ranking.then(({ isSmall }) => isSmall && drop(), drop)
    return one.list
  }

  return {
    async of(catalogue, categories) {
      const lists = await Promise.all([...new Set(categories)].map(one => inCategory(catalogue, one)))
      return lists.length === 1 ? (lists[0] as readonly TrendingProduct[]) : lists.flat().sort(mostFirst)
    },
  }
}

const mostFirst = (a: TrendingProduct, b: TrendingProduct) =>
  b.views - a.views || compareBytes(a.productId, b.productId)
