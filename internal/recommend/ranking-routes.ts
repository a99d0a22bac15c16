import { z } from 'zod'
import { Unavailable } from '#internal/errors/errors.ts'
import { idParameter, limitParameter } from '#internal/history/request-ids.ts'
import { route } from '#internal/http/route.ts'
import { rankingWindows } from '#internal/orders/store.ts'
import { writeBestSellers } from './best-sellers-body.ts'
import { createFilter, defaultFilters, whatIsThere } from './filters.ts'
import { trendingInShop } from './sources.ts'
import type { Route } from '#internal/http/route.ts'
import type { CatalogueFollower } from './catalogue.ts'
import type { CategoryTrending } from './category-trending.ts'
import type { Rankings } from './rankings.ts'
import type { LiveViews } from './live/live-views.ts'

interface RankingParts {
  readonly rankings: Rankings
  readonly catalogue: Pick<CatalogueFollower, 'current'>
  readonly categoryTrending: CategoryTrending
  readonly live: Pick<LiveViews, 'index' | 'warm' | 'healthy'>
}

/** The calls that answer with rankings: best sellers, and what is trending. */
export function rankingRoutes(parts: RankingParts): Route[] {
  return [bestSellerList(parts.rankings, parts.catalogue), trendingList(parts)]
}

function bestSellerList(rankings: Rankings, catalogue: RankingParts['catalogue']): Route {
  const written = writeBestSellers()
  return route({
    method: 'GET',
    path: '/v1/rankings/best-sellers',
    operationId: 'bestSellers',
    scope: 'recommendations:read',
    tag: 'Rankings',
    summary: 'Best sellers of the shop or of a category',
    description:
      'By distinct buyers in the window, ties by quantity, then id. previous-month is the calendar month before ' +
      "the last run, in its schedule's time zone. degraded says that the store is away and the list may be an older one.",
    query: z.object({
      category: idParameter.optional(),
      window: z.enum(rankingWindows, { error: `must be one of ${rankingWindows.join(', ')}` }).default('30d'),
      limit: limitParameter,
    }),
    answers: {
      200: {
        description: 'The products, best first; none before the first run.',
        schema: z.object({
          items: z.array(
            z.object({
              productId: z.string(),
              title: z.string().optional(),
              buyers: z.number(),
              quantity: z.number(),
            }),
          ),
          degraded: z.boolean(),
        }),
        example: {
          items: [{ productId: 'product-173', title: 'Trail shoe', buyers: 41, quantity: 44 }],
          degraded: false,
        },
      },
    },
    personal: false,
    async handle({ query }) {
      const { products, fresh, known } = await rankings.bestSellers(query.category ?? null, query.window)
      if (!known) throw new Unavailable('The store is away and this ranking is not in memory')
      return { status: 200, body: written(products, catalogue.current(), query.limit, !fresh) }
    },
  })
}

function trendingList({ live, catalogue, categoryTrending }: Omit<RankingParts, 'rankings'>): Route {
  return route({
    method: 'GET',
    path: '/v1/rankings/trending',
    operationId: 'trending',
    scope: 'recommendations:read',
    tag: 'Rankings',
    summary: 'What is viewed most these days, in the shop or in a category',
    description:
      'Views of all visitors as they come, each counting half as much with every day that goes by, in steps of six ' +
      'hours; what is older than eight days does not count. A category needs a catalogue that has the product; of a ' +
      'large one (more than 2,000 products) the list may be a second old. Products that left the catalogue are left ' +
      'out. warming says that the views of before the start are still being read, ' +
      'degraded that no new ones come.',
    query: z.object({ category: idParameter.optional(), limit: limitParameter }),
    answers: {
      200: {
        description: 'The products, most viewed first.',
        schema: z.object({
          degraded: z.boolean(),
          warming: z.boolean(),
          items: z.array(
            z.object({ productId: z.string(), title: z.string().optional(), views: z.number() }),
          ),
        }),
        example: {
          degraded: false,
          warming: false,
          items: [{ productId: 'product-173', title: 'Trail shoe', views: 87.5 }],
        },
      },
    },
    personal: false,
    async handle({ query }) {
      const products = catalogue.current()
      const { category } = query
      const inCategory =
        category === undefined || products === null ? [] : await categoryTrending.of(products, [category])
      const { accepts } = createFilter(defaultFilters, whatIsThere(products, live.index))
      const trending = category === undefined ? trendingInShop(live.index) : inCategory.values()
      const items = trending
        .filter(accepts)
        .take(query.limit)
        .map(({ productId, views }) => {
          const title = products?.get(productId)?.title ?? null
          return { productId, ...(title !== null && { title }), views }
        })
        .toArray()
      return { status: 200, body: { degraded: !live.healthy, warming: !live.warm, items } }
    },
  })
}
