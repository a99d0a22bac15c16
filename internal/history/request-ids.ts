import { z } from 'zod'
import { idForm, idKeywords, isId } from '#internal/domain/id.ts'

/** An id in a path or a query. */
export const idParameter = z
  .string()
  .refine(isId, { error: `must be ${idForm}` })
  .meta({ description: `An id: ${idForm}`, ...idKeywords })

/** In a header, HTTP takes spaces at either end for no part of the value. */
const headerPattern = String.raw`^[^\u0000-\u0020\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]*[^\u0000-\u0020\u007f-\u009f])?$`

/** An id in a header. `missing` is the refusal when the header is absent or empty. */
export function idHeader(missing: string) {
  return z
    .string({ error: missing })
    .refine(isId, { error: ({ input }) => (input === '' ? missing : `must be ${idForm}`) })
    .meta({ description: `An id: ${idForm}`, ...idKeywords, pattern: headerPattern })
}

/** `limit` of every list. */
export const limitParameter = z
  .string()
  .regex(/^(?:[1-9]\d?|100)$/, { error: 'must be a whole number from 1 to 100' })
  .transform(Number)
  .default(10)
  .meta({ description: 'How many items at most' })
