import { z } from 'zod'
import { Unavailable } from '#internal/errors/errors.ts'
import { namedRefusal, productsAnswer, productsOf, refusalAnswer } from '#internal/history/older-contract.ts'
import { idHeader, idParameter, limitParameter } from '#internal/history/request-ids.ts'
import { route } from '#internal/http/route.ts'
import { rankingWindows } from '#internal/orders/store.ts'
import { recommendationSources } from './chain.ts'
import { createFilter, defaultFilters, whatIsThere } from './filters.ts'
import { maxPath } from './evidence/question.ts'
import {
  bodyLimit,
  filtersOf,
  pricesInOrder,
  productFields,
  productFiltersOf,
  productParameters,
  recommendationQuery,
} from './parameters.ts'
import { trendingProducts } from './sources.ts'
import type { Route } from '#internal/http/route.ts'
import type { CatalogueFollower } from './catalogue.ts'
import type { Rankings } from './rankings.ts'
import type { LiveViews } from './live/live-views.ts'
import type { Recommendations, Recommender } from './recommender.ts'
import type { Similar } from './similar.ts'

const legacyLimit = 10
const plain = { userId: null, visit: [], current: null, forStrangers: 'trending' } as const

/** The calls that answer with recommendations and rankings. */
export function recommendRoutes(parts: {
  recommender: Recommender
  similar: Similar
  rankings: Rankings
  catalogue: Pick<CatalogueFollower, 'current'>
  live: Pick<LiveViews, 'index' | 'warm' | 'healthy'>
}): Route[] {
  return [
    historyRecommendations(parts.recommender),
    userRecommendations(parts.recommender),
    guestRecommendations(parts.recommender),
    similarProducts(parts.similar),
    bestSellerList(parts.rankings, parts.catalogue),
    trendingList(parts.live, parts.catalogue),
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
      200: productsAnswer('The products, best first.'),
      400: refusalAnswer('Missing userid parameter'),
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
      return productsOf(userId, items, personalized)
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
        seen: z
          .enum(['include', 'exclude'], { error: 'must be include or exclude' })
          .default('exclude')
          .meta({ description: 'Whether products of the visit may come' }),
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

function similarProducts(similar: Similar): Route {
  return route({
    method: 'GET',
    path: '/v1/products/{id}/similar',
    operationId: 'similarProducts',
    tag: 'Products',
    summary: 'Products that visitors view together with one',
    description:
      'From the sessions of all visitors: how often both are viewed in one session, against how often each is viewed. ' +
      'because names the visitors who viewed both lately. None for a product that nobody viewed. score falls along the ' +
      'list. warming says that the views of before the start are still being read, degraded that no new ones come.',
    params: z.object({ id: idParameter }),
    query: z.object({ limit: limitParameter, ...productParameters }).refine(...pricesInOrder),
    answers: {
      200: {
        description: 'The products, most similar first.',
        schema: z.object({
          recommendationId: z.string(),
          degraded: z.boolean(),
          warming: z.boolean(),
          items: z.array(
            z.object({
              productId: z.string(),
              score: z.number(),
              source: z.literal('sessions'),
              because: z.object({
                kind: z.literal('viewed-together'),
                product: z.string(),
                visitors: z.number().int(),
              }),
            }),
          ),
        }),
        example: {
          recommendationId: '019a3f5e-0b3c-7c52-9d0e-5b1f6f2f7a10',
          degraded: false,
          warming: false,
          items: [
            {
              productId: 'product-173',
              score: 0.12,
              source: 'sessions' as const,
              because: { kind: 'viewed-together' as const, product: 'product-9', visitors: 37 },
            },
          ],
        },
      },
    },
    personal: false,
    async handle({ params, query }) {
      const body = similar.to(params.id, { limit: query.limit, filters: productFiltersOf(query) })
      return { status: 200, body }
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

function trendingList(
  live: Pick<LiveViews, 'index' | 'warm' | 'healthy'>,
  catalogue: Pick<CatalogueFollower, 'current'>,
): Route {
  return route({
    method: 'GET',
    path: '/v1/rankings/trending',
    operationId: 'trending',
    tag: 'Rankings',
    summary: 'What is viewed most these days, in the shop or in a category',
    description:
      'Views of all visitors as they come, each counting half as much with every day that goes by, in steps of six ' +
      'hours; what is older than eight days does not count. A category needs a catalogue that has the product. Products ' +
      'that left the catalogue are left out. warming says that the views of before the start are still being read, ' +
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
      const categories = query.category === undefined ? [] : [query.category]
      const { accepts } = createFilter(defaultFilters, whatIsThere(products, live.index))
      const items = trendingProducts(live.index, products, categories)
        .filter(accepts)
        .slice(0, query.limit)
        .map(({ productId, views }) => {
          const title = products?.get(productId)?.title ?? null
          return { productId, ...(title !== null && { title }), views }
        })
      return { status: 200, body: { degraded: !live.healthy, warming: !live.warm, items } }
    },
  })
}
