import { InvalidInput } from '#internal/errors/errors.ts'
import type { z } from 'zod'

/**
 * Checks an object, and fills in what its schema has as defaults.
 *
 * @throws InvalidInput with all that is wrong, each by the path of its field; `field` is the first of them
 */
export function parseWithWords<T extends z.ZodType>(schema: T, object: unknown): z.output<T> {
  const result = schema.safeParse(object, { error: wordsFor, reportInput: true })
  if (result.success) return result.data
  const problems = result.error.issues.map(sayProblem)
  throw new InvalidInput(problems.join('; '), pathText(result.error.issues[0]?.path ?? []))
}

/** What is said of a value when its schema has no words of its own. */
const wordsFor: z.core.$ZodErrorMap = issue => {
  if (issue.input === undefined) return 'is missing'
  if (issue.code === 'invalid_type') return `must be of type ${issue.expected}`
  if (issue.code === 'invalid_value') return `must be ${issue.values.map(String).join(' or ')}`
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}${unit(issue.origin)}`
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}${unit(issue.origin)}`
  if (issue.code === 'unrecognized_keys') {
    return `has the unknown field ${issue.keys.join(', ')}; correct its name or remove it`
  }
  return 'is of a wrong type or form'
}

/** The field by its path, what came, and what was expected. A message may begin with the field's own name and what came. */
function sayProblem({ input, message, path }: z.core.$ZodIssue): string {
  const field = pathText(path)
  const name = String(path.at(-1))
  if (message.startsWith(`${name} `)) return `${field.slice(0, -name.length)}${message}`
  const came = ['string', 'number', 'boolean'].includes(typeof input)
    ? ` ${shortened(JSON.stringify(input))}`
    : ''
  return `${field || 'the object'}${came} ${message}`
}

/** spec.source.secretRef.name, status.conditions[0].type */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .map(part => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '')
}

function unit(origin: string): string {
  if (origin === 'string') return ' characters long'
  return origin === 'array' ? ' items long' : ''
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
