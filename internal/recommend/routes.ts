import { z } from 'zod'
import { Unavailable } from '#internal/errors/errors.ts'
import {
  idHeader,
  idParameter,
  limitParameter,
  namedRefusal,
  refusalAnswer,
} from '#internal/history/request-ids.ts'
import { route } from '#internal/http/route.ts'
import { rankingWindows } from '#internal/orders/store.ts'
import { recommendationSources } from './chain.ts'
import { defaultFilters } from './filters.ts'
import { filtersOf, recommendationQuery } from './parameters.ts'
import type { Route } from '#internal/http/route.ts'
import type { CatalogueFollower } from './catalogue.ts'
import type { Rankings } from './rankings.ts'
import type { Recommender } from './recommender.ts'

const legacyLimit = 10

/** The calls that answer with recommendations and rankings. */
export function recommendRoutes(parts: {
  recommender: Recommender
  rankings: Rankings
  catalogue: Pick<CatalogueFollower, 'current'>
}): Route[] {
  return [
    historyRecommendations(parts.recommender),
    userRecommendations(parts.recommender),
    bestSellerList(parts.rankings, parts.catalogue),
  ]
}

function historyRecommendations(recommender: Recommender): Route {
  return route({
    method: 'GET',
    path: '/api/v1/user_history_recommendations',
    operationId: 'historyRecommendations',
    tag: 'Recommendations',
    summary: '10 products for a user',
    description:
      '10 different products that the user has neither seen nor just bought, fewer only where the shop has no more. ' +
      '"personalized" when his own views brought any of them; else the best sellers of the previous month go first.',
    requestHeaders: z.object({
      'user-id': idHeader('Missing userid parameter'),
      'product-id': idHeader('Missing productid parameter')
        .optional()
        .meta({ description: 'The product that the user looks at now; never recommended' }),
    }),
    answers: {
      200: {
        description: 'The products, best first.',
        schema: z.object({
          'user-id': z.string(),
          products: z.array(z.string()),
          type: z.enum(['personalized', 'non-personalized']),
        }),
        example: { 'user-id': 'user-78', products: ['product-173', 'product-9'], type: 'personalized' },
      },
      400: refusalAnswer('Missing userid parameter'),
    },
    refusal: namedRefusal,
    personal: true,
    async handle({ headers }) {
      const userId = headers['user-id']
      const current = headers['product-id'] ?? null
      const question = { userId, limit: legacyLimit, filters: defaultFilters, current }
      const { items, personalized } = await recommender.recommend(question)
      const type = personalized ? 'personalized' : 'non-personalized'
      const products = items.map(({ productId }) => productId)
      return { status: 200, body: { 'user-id': userId, products, type } }
    },
  })
}

function userRecommendations(recommender: Recommender): Route {
  return route({
    method: 'GET',
    path: '/v1/users/{id}/recommendations',
    operationId: 'userRecommendations',
    tag: 'Recommendations',
    summary: 'Products for a user, with reasons',
    description:
      'Filled step by step: best sellers of the categories that the user looks at, best sellers of the previous ' +
      'month, best sellers ever, then the catalogue, newest first; all under the same filters. score falls along ' +
      'the list (1, 1/2, 1/3, …) and compares nothing across lists. degraded says that the store was away: the list ' +
      'comes from memory, without what only the store knows of the user.',
    params: z.object({ id: idParameter }),
    query: recommendationQuery,
    answers: {
      200: {
        description: 'The products, best first.',
        schema: z.object({
          recommendationId: z.string(),
          type: z.enum(['personalized', 'non-personalized']),
          degraded: z.boolean(),
          items: z.array(
            z.object({
              productId: z.string(),
              score: z.number(),
              source: z.enum(recommendationSources),
              because: z.record(z.string(), z.unknown()),
            }),
          ),
        }),
        example: {
          recommendationId: '019a3f5e-0b3c-7c52-9d0e-5b1f6f2f7a10',
          type: 'personalized',
          degraded: false,
          items: [
            {
              productId: 'product-173',
              score: 1,
              source: 'category-best-sellers',
              because: { category: 'shoes', window: '30d', buyers: 41, viewed: ['product-9'] },
            },
          ],
        },
      },
    },
    personal: true,
    async handle({ params, query }) {
      const question = { userId: params.id, limit: query.limit, filters: filtersOf(query), current: null }
      const { recommendationId, items, personalized, degraded } = await recommender.recommend(question)
      const type = personalized ? 'personalized' : 'non-personalized'
      return { status: 200, body: { recommendationId, type, degraded, items } }
    },
  })
}

function bestSellerList(rankings: Rankings, catalogue: Pick<CatalogueFollower, 'current'>): Route {
  return route({
    method: 'GET',
    path: '/v1/rankings/best-sellers',
    operationId: 'bestSellers',
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
      const items = products.slice(0, query.limit).map(({ productId, buyers, quantity }) => {
        const title = catalogue.current()?.get(productId)?.title ?? null
        return { productId, ...(title !== null && { title }), buyers, quantity }
      })
      return { status: 200, body: { items, degraded: !fresh } }
    },
  })
}
