import { z } from 'zod'

const refusal = z.object({ Error: z.string() })

/** The body of a refusal on the calls that keep the older contract. */
export function namedRefusal(field: string | undefined, message: string): { Error: string } {
  const asIs = field === undefined || message.startsWith('Missing ')
  return { Error: asIs ? message : `${field} ${message}` }
}

/** How such a refusal is documented. */
export function refusalAnswer(example: string) {
  return {
    description: 'A header is missing or no id.',
    schema: refusal,
    example: { Error: example },
  }
}

/** How refusals for want of a key are documented. */
export const keyRefusals = {
  401: {
    description: 'A key is wanted, and there is none that is known.',
    schema: refusal,
    example: { Error: 'Missing or unknown key' },
  },
  403: {
    description: 'The key is not good for this.',
    schema: refusal,
    example: { Error: 'This key is not good for history:read: ask for one with that scope.' },
  },
}

/** How the answer of these calls is documented. */
export function productsAnswer(description: string) {
  return {
    description,
    schema: z.object({
      'user-id': z.string(),
      products: z.array(z.string()),
      type: z.enum(['personalized', 'non-personalized']),
    }),
    example: { 'user-id': 'user-78', products: ['product-173', 'product-9'], type: 'personalized' },
  }
}

/** The answer itself. */
export function productsOf(userId: string, products: readonly string[], personalized: boolean) {
  const type = personalized ? 'personalized' : 'non-personalized'
  return { status: 200, body: { 'user-id': userId, products, type } }
}
