import type { z } from 'zod'

/** What is said of a value when its schema has no words of its own. */
export const wordsFor: z.core.$ZodErrorMap = issue => {
  if (issue.input === undefined) return 'is missing'
  if (issue.code === 'invalid_type') return `must be of type ${issue.expected}`
  if (issue.code === 'invalid_value') return `must be ${issue.values.map(String).join(' or ')}`
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}${unit(issue.origin)}`
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}${unit(issue.origin)}`
  return 'is of a wrong type or form'
}

/** The field by its path, what came, and what was expected. A message may begin with the field's own name and what came. */
export function sayProblem({ input, message, path }: z.core.$ZodIssue): string {
  const field = pathText(path)
  const name = String(path.at(-1))
  if (message.startsWith(`${name} `)) return `${field.slice(0, -name.length)}${message}`
  const came = ['string', 'number', 'boolean'].includes(typeof input)
    ? ` ${shortened(JSON.stringify(input))}`
    : ''
  return `${field || 'the object'}${came} ${message}`
}

/** spec.source.secretRef.name, status.conditions[0].type */
export function pathText(path: readonly PropertyKey[]): string {
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
