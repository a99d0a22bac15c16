import { compareBytes } from '#internal/domain/product-view.ts'
import { takeTurns } from './chain.ts'
import { inTurns } from './sort-in-slices.ts'
import type { Product } from '#internal/orders/store.ts'
import type { Catalogue } from './catalogue.ts'
import type { Candidate, RecommendationSource } from './chain.ts'
import type { TrendingProduct } from './category-trending.ts'
import type { SessionIndex } from './index/session-index.ts'
import type { Interest } from './interests.ts'
import type { BestSellers } from './rankings.ts'

/** So many viewed products are named as the reason for an item. */
const viewedInReason = 3

/** A category that the user looks at, with its best sellers by window, the window asked first in front. */
export interface InterestBestSellers {
  readonly interest: Interest
  readonly lists: readonly BestSellers[]
}

/**
 * Best sellers of the user's categories: each has its share by the number of products viewed in it. `accepts` is
 * asked here already, so that what can't be shown takes nothing from its category's share.
 */
export function categoryBestSellers(
  interests: readonly InterestBestSellers[],
  accepts: (candidate: Candidate) => boolean,
): Iterable<Candidate> {
  return takeTurns(
    interests.map(bestSellers => ({
      weight: bestSellers.interest.viewed.length,
      candidates: accepted(ofInterest(bestSellers), accepts),
    })),
  )
}

function* ofInterest({ interest, lists }: InterestBestSellers): Generator<Candidate> {
  const { category } = interest
  const viewed = interest.viewed.slice(0, viewedInReason)
  const proposed = new Set<string>()
  for (const { window, products } of lists) {
    for (const { productId, buyers } of products) {
      if (proposed.has(productId)) continue
      proposed.add(productId)
      const because = { category, window, buyers, viewed }
      yield { productId, source: 'category-best-sellers', because, category }
    }
  }
}

function* accepted(candidates: Iterable<Candidate>, accepts: (candidate: Candidate) => boolean) {
  for (const candidate of candidates) if (accepts(candidate)) yield candidate
}

/** Best sellers of the whole shop, or of the categories asked for, which take turns. */
export function bestSellers(
  source: RecommendationSource,
  lists: readonly BestSellers[],
): Iterable<Candidate> {
  return takeTurns(
    lists.map(({ category, window, products }) => ({
      weight: 1,
      candidates: products.map(({ productId, buyers }) => ({
        productId,
        source,
        because: category === null ? { window, buyers } : { category, window, buyers },
        ...(category !== null && { category }),
      })),
    })),
  )
}

/** What `accepts` lets through of the catalogue, newest first. All of it may have to be looked through, so in turns. */
export async function* fromCatalogue(
  catalogue: Catalogue,
  categories: readonly string[],
  accepts: (product: Product) => boolean,
): AsyncGenerator<Candidate> {
  for await (const product of inTurns(catalogue.newest(categories), 1_000)) {
    if (!accepts(product)) continue
    const { productId, createdAt } = product
    const because = createdAt === null ? {} : { createdAt: new Date(createdAt).toISOString() }
    yield { productId, source: 'catalogue', because }
  }
}

/** What is viewed most these days. */
export function* trending(products: Iterable<TrendingProduct>): Generator<Candidate> {
  for (const { productId, views } of products) {
    yield { productId, source: 'trending', because: { views: Math.round(views * 100) / 100, halfLife: '1d' } }
  }
}

/** What is viewed most these days in the whole shop. */
export function* trendingInShop({
  products,
  trending,
  newestTime,
}: SessionIndex): Generator<TrendingProduct> {
  for (const { item, views } of trending.top(newestTime)) yield { productId: products.id(item), views }
}

/** All products that the index knows, most viewed first, ties by id: what is left to a shop without a catalogue. */
export function* viewedEver({ products, counts }: SessionIndex): Generator<Candidate> {
  const items = Array.from({ length: products.used }, (_, item) => item)
    .filter(item => counts.total(item) > 0)
    .sort((a, b) => counts.total(b) - counts.total(a) || compareBytes(products.id(a), products.id(b)))
  for (const item of items) {
    yield { productId: products.id(item), source: 'viewed-ever', because: { views: counts.total(item) } }
  }
}
