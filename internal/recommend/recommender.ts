import { fillList, fillUp } from './chain.ts'
import { ask, createQuestion } from './evidence/question.ts'
import { createFilter, whatIsThere } from './filters.ts'
import { interestsOf } from './interests.ts'
import { createNumberedCatalogue } from './numbered-catalogue.ts'
import { bestSellersOf } from './rankings.ts'
import { countAnswers, countRecommended } from './recommended-items.ts'
import { startDeadline } from './store-guard.ts'
import {
  bestSellers,
  categoryBestSellers,
  fromCatalogue,
  trending,
  trendingInShop,
  viewedEver,
} from './sources.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { Catalogue, CatalogueFollower } from './catalogue.ts'
import type { CategoryTrending } from './category-trending.ts'
import type { Candidate, RecommendationSource } from './chain.ts'
import type { Filter, Filters } from './filters.ts'
import type { KnownVisitor, KnownVisitors } from './known-visitors.ts'
import type { LiveViews } from './live/live-views.ts'
import type { BestSellers, Rankings } from './rankings.ts'
import type { InterestBestSellers } from './sources.ts'
import type { Deadline } from './store-guard.ts'

/** From so many of the visitor's latest products his categories are taken, and so many of these. */
const latestProducts = 100
const mostViewedCategories = 5
/** So many of his newest views are looked at in memory; what he viewed before them the store knows. */
const newestViews = 256

export interface RecommendedItem {
  readonly productId: string
  /**
   * How likely the visitor looks at it next, among the candidates that sessions gave; 0 for what fills the list. Never
   * rises along a list.
   */
  readonly score: number
  readonly source: RecommendationSource
  readonly because: Readonly<Record<string, unknown>>
}

export interface Recommendations {
  /** A UUIDv7 that names this answer. */
  readonly recommendationId: string
  readonly items: readonly RecommendedItem[]
  /** Did the visitor's own views bring any of the items? */
  readonly personalized: boolean
  /** True when the store or the log is away: the list comes from memory, and may lack what only they know. */
  readonly degraded: boolean
  /** True while the views of before this process began are still being read, and the rest of the chain answers. */
  readonly warming: boolean
}

export interface Question {
  /** `null` for somebody of whom nothing is known but what is asked with. */
  readonly userId: string | null
  /** Products that the visitor looked at beside those known of him, the newest last. */
  readonly visit: readonly string[]
  /**
   * The product on the page that asks: never recommended. Of somebody who viewed others, too, it says what he is after;
   * alone it makes nobody known.
   */
  readonly current: string | null
  readonly limit: number
  readonly filters: Filters
  /** What comes first for a visitor of whom nothing is known. */
  readonly forStrangers: 'trending' | 'best-sellers-previous-month'
}

export interface Recommender {
  /** Waits for the store at most half a second in all, whatever is away. The last product viewed is never recommended. */
  recommend(question: Question): Promise<Recommendations>
}

/** What a list is filled on with. */
interface FillingOn {
  readonly asked: Question
  readonly seen: Looked
  readonly products: Catalogue | null
  readonly filter: Filter
  /** Best sellers of the shop, or of each of the categories asked for. */
  readonly previousMonth: readonly BestSellers[]
  readonly ever: readonly BestSellers[]
  readonly deadline: Deadline
}

/** What was looked at, from all that is known. */
interface Looked {
  /** The newest first, at most {@link newestViews} and what the store adds. */
  readonly newest: readonly string[]
  has(productId: string): boolean
}

const stranger: KnownVisitor = { viewed: new Set(), bought: new Set(), complete: true }

/** `now` gives epoch milliseconds, `newId` a UUIDv7. */
export function createRecommender(parts: {
  visitors: KnownVisitors
  catalogue: CatalogueFollower
  rankings: Rankings
  categoryTrending: CategoryTrending
  live: LiveViews
  metrics: Metrics
  now: () => number
  newId: () => string
}): Recommender {
  const { visitors, catalogue, rankings, categoryTrending, live, now, newId } = parts
  const { index } = live
  const recommended = countRecommended(parts.metrics)
  const answers = countAnswers(parts.metrics)
  const question = createQuestion()
  const numbered = createNumberedCatalogue(index.products)

  function looked({ userId, visit, current }: Question, { viewed }: KnownVisitor): Looked {
    const known = userId === null ? [] : index.latest(userId, newestViews)
    const isStranger = visit.length + known.length + viewed.size === 0
    const onPage = current === null || isStranger ? [] : [current]
    const seen = new Set([...onPage, ...visit.toReversed(), ...known.map(({ productId }) => productId)])
    const newest = [...seen]
    for (const productId of viewed) {
      if (newest.length >= newestViews) break
      if (!seen.has(productId)) newest.push(productId)
    }
    return { newest, has: productId => seen.has(productId) || viewed.has(productId) }
  }

  async function bestSellersOfInterests(
    newest: readonly string[],
    products: Catalogue | null,
    deadline: Deadline,
  ) {
    if (products === null) return []
    const interests = interestsOf(newest.slice(0, latestProducts), products.get)
    return Promise.all(
      interests.slice(0, mostViewedCategories).map(async (interest): Promise<InterestBestSellers> => {
        const { category } = interest
        const windows = ['30d', 'ever'] as const
        const lists = windows.map(window => rankings.bestSellers(category, window, deadline))
        return { interest, lists: await Promise.all(lists) }
      }),
    )
  }

  function fromSessions(
    { userId, visit, current, limit }: Question,
    { newest }: Looked,
    products: Catalogue | null,
    { acceptsFound }: Filter,
  ): Iterable<Candidate> {
    if (!live.warm || newest.length === 0) return []
    const at = now()
    const after = current === null ? visit : [...visit, current]
    // Views that are too old for the index are better than nothing to ask from.
    const asked =
      ask(question, index, { userId, products: after, at }) ||
      ask(question, index, { userId, products: newest.toReversed(), at })
    if (!asked) return []
    return live.sessions.candidates(question, limit, item =>
      acceptsFound(index.products.id(item), products === null ? undefined : numbered.get(products, item)),
    )
  }

  /** Fills a list on from the rest of the chain. */
  async function fillOn(list: readonly Candidate[], options: FillingOn) {
    const { asked, seen, products, filter, previousMonth, ever, deadline } = options
    const { limit, filters, forStrangers } = asked
    const { categories } = filters
    const { accepts, acceptsFound } = filter
    const [ofInterests, trendingThere] = await Promise.all([
      bestSellersOfInterests(seen.newest, products, deadline),
      products === null || categories.length === 0 ? [] : categoryTrending.of(products, categories),
    ])
    const trendingNow = trending(categories.length === 0 ? trendingInShop(index) : trendingThere)
    const ofPreviousMonth = bestSellers('best-sellers-previous-month', previousMonth)
    const sellersFirst = seen.newest.length === 0 && forStrangers === 'best-sellers-previous-month'
    const chain: Iterable<Candidate>[] = [
      list,
      categoryBestSellers(ofInterests, accepts),
      ...(sellersFirst ? [ofPreviousMonth, trendingNow] : [trendingNow, ofPreviousMonth]),
      bestSellers('best-sellers-ever', ever),
      products === null ? unlessAsked(filters, index) : [],
    ]
    const filled = fillList(chain, accepts, limit)
    const rest =
      products && fromCatalogue(products, categories, product => acceptsFound(product.productId, product))
    return {
      list: rest === null ? filled : await fillUp(filled, rest, limit),
      ofInterests: ofInterests.flatMap(interest => interest.lists),
    }
  }

  return {
    async recommend(asked) {
      const { userId, limit, filters } = asked
      const deadline = startDeadline()
      const rebuyAfterMs = filters.bought === 'exclude' ? filters.rebuyAfterMs : null
      const [known, previousMonth, ever] = await Promise.all([
        userId === null ? stranger : visitors.of(userId, rebuyAfterMs, deadline),
        bestSellersOf(rankings, filters.categories, 'previous-month', deadline),
        bestSellersOf(rankings, filters.categories, 'ever', deadline),
      ])
      const products = catalogue.current()
      const seen = looked(asked, known)
      const filter = createFilter(filters, {
        ...whatIsThere(products, index),
        seen,
        bought: known.bought,
        current: asked.current ?? seen.newest[0] ?? null,
      })
      // What sessions say is good for now: nothing may wait before it is in the list.
      const ofSessions = fillList([fromSessions(asked, seen, products, filter)], filter.accepts, limit)
      // Most lists are full by now, and nothing else is asked for.
      const { list, ofInterests } =
        ofSessions.length === limit
          ? { list: ofSessions, ofInterests: [] }
          : await fillOn(ofSessions, { asked, seen, products, filter, previousMonth, ever, deadline })
      const items = list.map(({ productId, source, because, score = 0 }) => ({
        productId,
        score,
        source,
        because,
      }))
      for (const { source } of items) recommended.add({ source })

      const lists = [...ofInterests, ...previousMonth, ...ever]
      const fresh = catalogue.fresh && lists.every(list => list.fresh)
      const degraded = !known.complete || !fresh || !live.healthy
      const warming = !live.warm
      answers.add({ state: degraded ? 'degraded' : warming ? 'warming' : 'complete' })
      return {
        recommendationId: newId(),
        items,
        personalized: items.some(({ source }) => personal.has(source)),
        degraded,
        warming,
      }
    },
  }
}

const personal: ReadonlySet<RecommendationSource> = new Set(['sessions', 'category-best-sellers'])

/** All that was ever viewed, unless a filter asks what only a catalogue could tell: then nothing would pass. */
function unlessAsked(
  { categories, inStock, minPrice, maxPrice }: Filters,
  index: LiveViews['index'],
): Iterable<Candidate> {
  const isAsked = categories.length > 0 || inStock !== null || minPrice !== null || maxPrice !== null
  return isAsked ? [] : viewedEver(index)
}
