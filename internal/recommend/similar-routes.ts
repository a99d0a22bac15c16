import { z } from 'zod'
import { idParameter, limitParameter } from '#internal/history/request-ids.ts'
import { route } from '#internal/http/route.ts'
import { pricesInOrder, productFiltersOf, productParameters } from './parameters.ts'
import type { Route } from '#internal/http/route.ts'
import type { Similar } from './similar.ts'

/** The call that answers with what is viewed together with a product. */
export function similarRoutes(similar: Similar): Route[] {
  return [ofProduct(similar)]
}

function ofProduct(similar: Similar): Route {
  return route({
    method: 'GET',
    path: '/v1/products/{id}/similar',
    operationId: 'similarProducts',
    scope: 'recommendations:read',
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
