import { z } from 'zod'
import { idForm } from '#internal/domain/id.ts'
import { route } from '#internal/http/route.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { keyRefusals, namedRefusal, productsAnswer, productsOf, refusalAnswer } from './older-contract.ts'
import { idHeader, idParameter, limitParameter } from './request-ids.ts'
import type { Route } from '#internal/http/route.ts'
import type { HistoryService } from './changes.ts'

const latestProducts = '/api/v1/user_nav_history_latest_products'
const latestLimit = 10

const userHeader = z.object({ 'user-id': idHeader('Missing userid parameter') })
const userAndProductHeaders = z.object({
  'user-id': idHeader('Missing userid parameter'),
  'product-id': idHeader('Missing productid parameter'),
})

const user = z.object({ id: idParameter })

const guest = z.object({
  guestId: idParameter.meta({ description: `The id that the guest's views came with: ${idForm}` }),
})

const done = z.object({ Message: z.literal('Transaction completed!') })

const forgotten = {
  200: {
    description: 'Forgotten. What was looked at before stays forgotten, however late it arrives.',
    schema: done,
    example: { Message: 'Transaction completed!' },
  },
}

const transactionCompleted = { status: 200, body: { Message: 'Transaction completed!' } }

/** The calls about a user's history. */
export function historyRoutes(history: HistoryService): Route[] {
  return [
    route({
      method: 'GET',
      path: latestProducts,
      operationId: 'latestProducts',
      scope: 'history:read',
      tag: 'History',
      summary: 'The last 10 products that a user looked at',
      description: 'Newest first, each once. "non-personalized" when nothing is known of the user.',
      requestHeaders: userHeader,
      answers: {
        200: productsAnswer("The user's latest products."),
        400: refusalAnswer('Missing userid parameter'),
        ...keyRefusals,
      },
      refusal: namedRefusal,
      personal: true,
      async handle({ headers }) {
        const userId = headers['user-id']
        const products = await history.latestProducts(userId, latestLimit)
        return productsOf(userId, products, products.length > 0)
      },
    }),

    route({
      method: 'DELETE',
      path: latestProducts,
      operationId: 'forgetLatestProduct',
      scope: 'history:delete',
      tag: 'History',
      summary: "Forget one product of a user's history",
      description: 'Durable when answered. A later view of the product brings it back, a late one does not.',
      requestHeaders: userAndProductHeaders,
      answers: { ...forgotten, 400: refusalAnswer('Missing productid parameter'), ...keyRefusals },
      refusal: namedRefusal,
      personal: true,
      async handle({ headers }) {
        await history.forgetProduct(headers['user-id'], headers['product-id'])
        return transactionCompleted
      },
    }),

    route({
      method: 'GET',
      path: '/v1/users/{id}/history',
      operationId: 'listHistory',
      scope: 'history:read',
      tag: 'History',
      summary: "A user's history, page by page",
      description:
        'Newest first, each product once. Pass nextCursor as cursor to get the next page; it is null on the last. ' +
        'truncated says that the user looked at more products than one answer looks through.',
      params: user,
      query: z.object({
        limit: limitParameter,
        cursor: z
          .string()
          .optional()
          .meta({ description: 'nextCursor of the page before', format: 'cursor' }),
      }),
      answers: {
        200: {
          description: 'One page.',
          schema: z.object({
            items: z.array(z.object({ productId: z.string(), viewedAt: z.string(), source: z.string() })),
            nextCursor: z.string().nullable(),
            truncated: z.boolean(),
          }),
          example: {
            items: [{ productId: 'product-173', viewedAt: '2026-11-01T10:00:00.000Z', source: 'desktop' }],
            nextCursor: null,
            truncated: false,
          },
        },
      },
      personal: true,
      async handle({ params, query }) {
        const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor)
        const page = await history.latest(params.id, { limit: query.limit, ...(after && { after }) })
        const items = page.items.map(({ productId, viewedAt, source }) => ({
          productId,
          viewedAt: new Date(viewedAt).toISOString(),
          source,
        }))
        const nextCursor = page.next === null ? null : encodeCursor(page.next)
        return { status: 200, body: { items, nextCursor, truncated: page.truncated } }
      },
    }),

    route({
      method: 'DELETE',
      path: '/v1/users/{id}/history',
      operationId: 'forgetHistory',
      scope: 'history:delete',
      tag: 'History',
      summary: "Forget a user's whole history",
      description: 'Durable when answered. Later views begin a new history, late ones change nothing.',
      params: user,
      answers: forgotten,
      personal: true,
      async handle({ params }) {
        await history.forgetUser(params.id)
        return transactionCompleted
      },
    }),

    route({
      method: 'DELETE',
      path: '/v1/users/{id}/history/{product}',
      operationId: 'forgetProduct',
      scope: 'history:delete',
      tag: 'History',
      summary: "Forget one product of a user's history",
      description: 'Durable when answered. A later view of the product brings it back, a late one does not.',
      params: z.object({ id: idParameter, product: idParameter }),
      answers: forgotten,
      personal: true,
      async handle({ params }) {
        await history.forgetProduct(params.id, params.product)
        return transactionCompleted
      },
    }),

    route({
      method: 'POST',
      path: '/v1/users/{id}/merge',
      operationId: 'mergeGuest',
      scope: 'history:delete',
      tag: 'History',
      summary: "Make a guest's history the user's, when a guest logs in",
      description:
        'Durable when answered. Every view of the guest that was answered 202 before counts as one of the user, at its ' +
        "own time and from its own source, and the guest's history is empty then; views of the last moment follow within " +
        'a second or so. What either has forgotten stays forgotten. What the guest looks at after the call stays with the ' +
        'guest, until it is called again: send views with the id of the user from then on.',
      params: user,
      body: guest,
      answers: {
        200: {
          description: 'Taken over.',
          schema: z.object({ userId: z.string(), guestId: z.string() }),
          example: { userId: 'user-78', guestId: 'guest-2f1c' },
        },
      },
      personal: true,
      async handle({ params, body }) {
        await history.merge(params.id, body.guestId)
        return { status: 200, body: { userId: params.id, guestId: body.guestId } }
      },
    }),
  ]
}
