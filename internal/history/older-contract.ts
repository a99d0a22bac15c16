import { z } from 'zod'

/** The body of a refusal on the calls that keep the older contract. */
export function namedRefusal(field: string | undefined, message: string): { Error: string } {
  const asIs = field === undefined || message.startsWith('Missing ')
  return { Error: asIs ? message : `${field} ${message}` }
}

/** How such a refusal is documented. */
export function refusalAnswer(example: string) {
  return {
    description: 'A header is missing or no id.',
    schema: z.object({ Error: z.string() }),
    example: { Error: example },
  }
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
