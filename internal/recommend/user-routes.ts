import { z } from 'zod'
import {
  keyRefusals,
  namedRefusal,
  productsAnswer,
  productsOf,
  refusalAnswer,
} from '#internal/history/older-contract.ts'
import { idHeader, idParameter } from '#internal/history/request-ids.ts'
import { route } from '#internal/http/route.ts'
import { recommendationSources } from './chain.ts'
import { defaultFilters } from './filters.ts'
import { maxPath } from './evidence/question.ts'
import {
  bodyLimit,
  choice,
  filtersOf,
  pricesInOrder,
  productFields,
  productFiltersOf,
  recommendationQuery,
} from './parameters.ts'
import type { Route } from '#internal/http/route.ts'
import type { Recommendations, Recommender } from './recommender.ts'

const legacyLimit = 10
const plain = { userId: null, visit: [], current: null, forStrangers: 'trending' } as const

/** The calls that recommend products to a user, or to a guest. */
export function userRoutes(recommender: Recommender): Route[] {
  return [
    historyRecommendations(recommender),
    userRecommendations(recommender),
    guestRecommendations(recommender),
  ]
}

function historyRecommendations(recommender: Recommender): Route {
  return route({
    method: 'GET',
    path: '/api/v1/user_history_recommendations',
    operationId: 'historyRecommendations',
    scope: 'recommendations:read',
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
      200: productsAnswer('The products, best first.'),
      400: refusalAnswer('Missing userid parameter'),
      ...keyRefusals,
    },
    refusal: namedRefusal,
    personal: true,
    async handle({ headers }) {
      const userId = headers['user-id']
      const { items, personalized } = await recommender.recommend({
        userId,
        visit: [],
        current: headers['product-id'] ?? null,
        limit: legacyLimit,
        filters: defaultFilters,
        forStrangers: 'best-sellers-previous-month',
      })
      const products = items.map(({ productId }) => productId)
      return productsOf(userId, products, personalized)
    },
  })
}

const recommendationAnswers = {
  200: {
    description: 'The products, best first.',
    schema: z.object({
      recommendationId: z.string(),
      type: z.enum(['personalized', 'non-personalized']),
      degraded: z.boolean(),
      warming: z.boolean(),
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
      warming: false,
      items: [
        {
          productId: 'product-173',
          score: 0.21,
          source: 'sessions',
          because: { kind: 'viewed-after', product: 'product-9', visitors: 37 },
        },
        {
          productId: 'product-12',
          score: 0,
          source: 'category-best-sellers',
          because: { category: 'shoes', window: '30d', buyers: 41, viewed: ['product-9'] },
        },
      ],
    },
  },
}

const howItIsFilled =
  'Filled step by step, all under the same filters: what visitors with similar sessions viewed, ranked by what Vitrine ' +
  'learned from the views; best sellers of the categories looked at; trending products; best sellers of the previous ' +
  'month; best sellers ever; the catalogue, newest first, or without one all products ever viewed. Nothing twice, and ' +
  'never the product viewed last. score is how likely the visitor looks at it next, among what sessions gave, and 0 ' +
  'for what fills the list. degraded says that the store or the event log is away: the list comes from memory and may ' +
  'lack what only they know. warming says that the views of before the start are still being read.'

function bodyOf({ recommendationId, items, personalized, degraded, warming }: Recommendations) {
  const type = personalized ? ('personalized' as const) : ('non-personalized' as const)
  return { recommendationId, type, degraded, warming, items }
}

function userRecommendations(recommender: Recommender): Route {
  return route({
    method: 'GET',
    path: '/v1/users/{id}/recommendations',
    operationId: 'userRecommendations',
    scope: 'recommendations:read',
    tag: 'Recommendations',
    summary: 'Products for a user, with reasons',
    description: howItIsFilled,
    params: z.object({ id: idParameter }),
    query: recommendationQuery,
    answers: recommendationAnswers,
    personal: true,
    async handle({ params, query }) {
      const filters = filtersOf(query)
      const question = { ...plain, userId: params.id, limit: query.limit, filters }
      return { status: 200, body: bodyOf(await recommender.recommend(question)) }
    },
  })
}

function guestRecommendations(recommender: Recommender): Route {
  return route({
    method: 'POST',
    path: '/v1/recommendations',
    operationId: 'guestRecommendations',
    scope: 'recommendations:read',
    tag: 'Recommendations',
    summary: 'Products for a guest, from what the visit holds',
    description: `For a visitor without an id: the products of the visit are asked with, and kept nowhere. ${howItIsFilled}`,
    body: z
      .strictObject({
        products: z
          .array(idParameter)
          .max(maxPath, { error: `must hold at most ${maxPath} products` })
          .meta({ description: 'What was looked at in this visit, the last one last' }),
        limit: bodyLimit,
        ...productFields,
        seen: choice('Whether products of the visit may come'),
      })
      .refine(...pricesInOrder),
    answers: recommendationAnswers,
    personal: true,
    async handle({ body }) {
      const filters = { ...defaultFilters, ...productFiltersOf(body), seen: body.seen }
      const question = { ...plain, visit: body.products, limit: body.limit, filters }
      return { status: 200, body: bodyOf(await recommender.recommend(question)) }
    },
  })
}
