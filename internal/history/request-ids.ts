import { z } from 'zod'
import { idForm, isId } from '#internal/domain/id.ts'

/** An id in a path or a query. */
export const idParameter = z
  .string()
  .refine(isId, { error: `must be ${idForm}` })
  .meta({ description: `An id: ${idForm}` })

/** An id in a header. `missing` is the refusal when the header is absent or empty. */
export function idHeader(missing: string) {
  return z
    .string({ error: missing })
    .refine(isId, { error: ({ input }) => (input === '' ? missing : `must be ${idForm}`) })
    .meta({ description: `An id: ${idForm}` })
}

/** `limit` of every list. */
export const limitParameter = z
  .string()
  .regex(/^(?:[1-9]\d?|100)$/, { error: 'must be a whole number from 1 to 100' })
  .transform(Number)
  .default(10)
  .meta({ description: 'How many items at most' })
