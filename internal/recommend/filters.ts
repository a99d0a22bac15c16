import type { Product } from '#internal/orders/store.ts'
import type { Catalogue } from './catalogue.ts'
import type { Candidate } from './chain.ts'
import type { SessionIndex } from './index/session-index.ts'

/** What a caller wants products to be. */
export interface ProductFilters {
  /** Any of these; empty: all. */
  readonly categories: readonly string[]
  readonly inStock: boolean | null
  readonly minPrice: number | null
  readonly maxPrice: number | null
  readonly exclude: readonly string[]
}

/** What a caller wants to see, and what not. */
export interface Filters extends ProductFilters {
  readonly seen: 'include' | 'exclude'
  readonly bought: 'include' | 'exclude'
  /** A product bought longer ago than this may come again, milliseconds. */
  readonly rebuyAfterMs: number
}

const day = 24 * 60 * 60 * 1000

export const defaultFilters: Filters = {
  categories: [],
  inStock: null,
  minPrice: null,
  maxPrice: null,
  exclude: [],
  seen: 'exclude',
  bought: 'exclude',
  rebuyAfterMs: 30 * day,
}

/** What the filters look at beside the candidate. */
export interface Known {
  /** `null` without a catalogue: then nothing is asked of it. */
  readonly product: ((productId: string) => Product | undefined) | null
  /** Is a product that the catalogue does not know so new that the catalogue may not know it yet? */
  readonly isNew: (productId: string) => boolean
  readonly seen: Pick<ReadonlySet<string>, 'has'>
  readonly bought: Pick<ReadonlySet<string>, 'has'>
  /** The product that the visitor looks at now. */
  readonly current: string | null
}

/** What filters that ask about nobody look at: the catalogue, and which products are newer than it. */
export function whatIsThere(
  catalogue: Pick<Catalogue, 'get' | 'snapshotAt'> | null,
  index: Pick<SessionIndex, 'firstArrival'>,
): Known {
  return {
    product: catalogue && catalogue.get,
    isNew: productId => index.firstArrival(productId) > (catalogue?.snapshotAt ?? 0),
    seen: nothing,
    bought: nothing,
    current: null,
  }
}

const nothing: ReadonlySet<string> = new Set()

/** Tells what may stand in an answer. */
export interface Filter {
  readonly accepts: (candidate: Pick<Candidate, 'productId' | 'category'>) => boolean
  /** The same for what was looked up already: `undefined` where the catalogue has no such product. */
  readonly acceptsFound: (productId: string, product: Product | undefined) => boolean
}

/**
 * Where there is a catalogue, a product that is not in it has left the shop and does not pass, unless it is newer than
 * the catalogue. What is not known of a product passes no filter that asks for it.
 */
export function createFilter(filters: Filters, known: Known): Filter {
  const left = new Set(filters.exclude)
  if (known.current !== null) left.add(known.current)
  const categories = filters.categories.length > 0 ? new Set(filters.categories) : null

  const mayCome = (productId: string) =>
    !left.has(productId) &&
    !(filters.seen === 'exclude' && known.seen.has(productId)) &&
    !(filters.bought === 'exclude' && known.bought.has(productId))
  const inCategories = (category: string | undefined) =>
    categories === null || (category !== undefined && categories.has(category))

  function acceptsFound(productId: string, product: Product | undefined, category?: string): boolean {
    if (product === undefined) {
      const mayBeThere = known.product === null || known.isNew(productId)
      return mayBeThere && fits(filters, null) && inCategories(category) && mayCome(productId)
    }
    return (
      fits(filters, product) &&
      (categories === null || inCategories(product.categoryId)) &&
      mayCome(productId)
    )
  }

  return {
    acceptsFound,
    accepts: ({ productId, category }) => acceptsFound(productId, known.product?.(productId), category),
  }
}

function fits({ inStock, minPrice, maxPrice }: Filters, product: Product | null): boolean {
  if (inStock !== null && product?.inStock !== inStock) return false
  if (minPrice === null && maxPrice === null) return true
  const price = product?.price ?? null
  return (
    price !== null && (minPrice === null || price >= minPrice) && (maxPrice === null || price <= maxPrice)
  )
}
