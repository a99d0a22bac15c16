import { z } from 'zod'
import { idParameter, limitParameter } from '#internal/history/request-ids.ts'
import { route } from '#internal/http/route.ts'
import { leastSupport } from '#internal/orders/store.ts'
import { bodyLimit, pricesInOrder, productFields, productFiltersOf, productParameters } from './parameters.ts'
import type { Route } from '#internal/http/route.ts'
import type { BoughtTogetherService } from './bought-together.ts'

/** Each product of a cart costs a read. */
const mostProducts = 50

const fill = z
  .enum(['best-sellers'], { error: 'must be best-sellers' })
  .optional()
  .meta({ description: 'Fill the list up with best sellers of the last 30 days, which say so in source' })

const answers = {
  200: {
    description: 'The products, best first.',
    schema: z.object({
      recommendationId: z.string(),
      degraded: z.boolean(),
      notEnoughData: z.boolean(),
      items: z.array(
        z.object({
          productId: z.string(),
          score: z.number(),
          source: z.enum(['bought-together', 'best-sellers']),
          because: z.union([
            z.object({ product: z.string(), support: z.number().int() }),
            z.object({
              window: z.literal('30d'),
              buyers: z.number().int(),
              category: z.string().optional(),
            }),
          ]),
        }),
      ),
    }),
    example: {
      recommendationId: '019a3f5e-0b3c-7c52-9d0e-5b1f6f2f7a10',
      degraded: false,
      notEnoughData: false,
      items: [
        {
          productId: 'product-173',
          score: 0.21,
          source: 'bought-together',
          because: { product: 'product-9', support: 12 },
        },
      ],
    },
  },
}

const description =
  'Learned from the orders of the last year. because names the product of the cart with the largest share in the ' +
  `score, and support the orders that hold both: at least ${leastSupport}, since fewer are chance. notEnoughData says ` +
  'that nothing given was in so many orders with any other product; nothing is made up in its place. Never a product ' +
  'that is given, and nothing twice. degraded says that the store is away and the list may be an older one or lack parts.'

/** The calls that answer with what is bought together. */
export function boughtTogetherRoutes(service: Pick<BoughtTogetherService, 'complete'>): Route[] {
  return [ofProduct(service), ofCart(service)]
}

function ofProduct(service: Pick<BoughtTogetherService, 'complete'>): Route {
  return route({
    method: 'GET',
    path: '/v1/products/{id}/bought-together',
    operationId: 'productBoughtTogether',
    scope: 'recommendations:read',
    tag: 'Products',
    summary: 'What is bought together with a product',
    description,
    params: z.object({ id: idParameter }),
    query: z.object({ limit: limitParameter, ...productParameters, fill }).refine(...pricesInOrder),
    answers,
    personal: false,
    async handle({ params, query }) {
      const body = await service.complete({
        products: [params.id],
        limit: query.limit,
        filters: productFiltersOf(query),
        fill: query.fill !== undefined,
      })
      return { status: 200, body }
    },
  })
}

function ofCart(service: Pick<BoughtTogetherService, 'complete'>): Route {
  return route({
    method: 'POST',
    path: '/v1/bought-together',
    operationId: 'cartBoughtTogether',
    scope: 'recommendations:read',
    tag: 'Products',
    summary: 'What completes a cart',
    description,
    body: z
      .strictObject({
        products: z
          .array(idParameter)
          .min(1, { error: 'must hold a product at least' })
          .max(mostProducts, { error: `must hold at most ${mostProducts} products` })
          .meta({ description: 'The products in the cart' }),
        limit: bodyLimit,
        ...productFields,
        fill,
      })
      .refine(...pricesInOrder),
    answers,
    personal: false,
    async handle({ body }) {
      const answer = await service.complete({
        products: body.products,
        limit: body.limit,
        filters: productFiltersOf(body),
        fill: body.fill !== undefined,
      })
      return { status: 200, body: answer }
    },
  })
}
