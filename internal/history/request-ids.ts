import { z } from 'zod'
import { idForm, isId } from '#internal/domain/id.ts'

/** An id in a path or a query. */
export const idParameter = z
  .string()
  .refine(isId, { error: `must be ${idForm}` })
  .meta({ description: `An id: ${idForm}` })

/**
 * An id in a header, as UTF-8 bytes. HTTP hands header values over byte by byte as Latin-1, so they are put
 * together again here. `missing` is the refusal when the header is absent or empty.
 */
export function idHeader(missing: string) {
  return z
    .string({ error: missing })
    .transform((text, context) => {
      const id = decodeHeader(text)
      if (id !== null && isId(id)) return id
      context.addIssue({ code: 'custom', message: text === '' ? missing : `must be ${idForm}` })
      return z.NEVER
    })
    .meta({ description: `An id: ${idForm}` })
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeHeader(text: string): string | null {
  try {
    return utf8.decode(Buffer.from(text, 'latin1'))
  } catch {
    return null
  }
}

/** `limit` of every list. */
export const limitParameter = z
  .string()
  .regex(/^(?:[1-9]\d?|100)$/, { error: 'must be a whole number from 1 to 100' })
  .transform(Number)
  .default(10)
  .meta({ description: 'How many items at most' })

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
