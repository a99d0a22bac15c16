import { Problem } from './problem.ts'
import type { IncomingHttpHeaders } from 'node:http'
import type { z } from 'zod'
import type { ProblemDetail } from './problem.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

type Place = 'pointer' | 'parameter' | 'header'

/** The checked value, or a problem that names each wrong field at its place. */
export function check<T extends z.ZodType>(schema: T, value: unknown, place: Place): z.output<T> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const details = result.error.issues.map(issue => detail(issue, place))
  throw new Problem('invalid-input', details.map(sentence).join('; '), { details })
}

function detail(issue: z.core.$ZodIssue, place: Place): ProblemDetail {
  const message =
    issue.code === 'invalid_type' && issue.input === undefined && issue.message.startsWith('Invalid input')
      ? 'is missing or of the wrong type'
      : issue.message
  if (place === 'pointer') return { pointer: issue.path.map(pointerPart).join(''), message }
  return { [place]: String(issue.path[0] ?? ''), message }
}

function pointerPart(part: PropertyKey): string {
  return `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

function sentence({ pointer, parameter, header, message }: ProblemDetail): string {
  return `${pointer || parameter || header || 'the body'} ${message}`
}

/**
 * Query parameters as the schema wants them: repeatable ones as lists. One that is unknown, or comes twice without
 * being repeatable, is refused by name.
 */
export function collectQuery(
  schema: z.ZodType | undefined,
  querystring: string,
): Record<string, string | string[]> {
  if (querystring === '') return {}
  decode(querystring.replaceAll('+', ' '), 'the query')
  const shape = shapeOf(schema)
  const collected = new Map<string, string | string[]>()
  for (const [name, value] of new URLSearchParams(querystring)) {
    const field = Object.hasOwn(shape, name) ? shape[name] : undefined
    if (field === undefined) throw parameterProblem(name, 'is not known here')
    const before = collected.get(name)
    if (isList(field)) collected.set(name, Array.isArray(before) ? [...before, value] : [value])
    else if (before === undefined) collected.set(name, value)
    else throw parameterProblem(name, 'must come once')
  }
  return Object.fromEntries(collected)
}

/** The headers that the schema names. Node reads them as Latin-1; clients write UTF-8. */
export function collectHeaders(schema: z.ZodType, headers: IncomingHttpHeaders): Record<string, string> {
  const collected: Record<string, string> = {}
  for (const name of Object.keys(shapeOf(schema))) {
    const value = headers[name]
    if (typeof value === 'string') collected[name] = fromLatin1(value, name)
  }
  return collected
}

function fromLatin1(value: string, header: string): string {
  try {
    return utf8.decode(Buffer.from(value, 'latin1'))
  } catch (cause) {
    const message = 'must be UTF-8'
    throw new Problem('invalid-input', `${header} ${message}`, { details: [{ header, message }], cause })
  }
}

function parameterProblem(parameter: string, message: string): Problem {
  return new Problem('invalid-input', `${parameter} ${message}`, { details: [{ parameter, message }] })
}

function shapeOf(schema: z.ZodType | undefined): Record<string, z.ZodType> {
  return (schema as { shape?: Record<string, z.ZodType> } | undefined)?.shape ?? {}
}

function isList(schema: z.ZodType): boolean {
  const { type, innerType } = schema.def as { type: string; innerType?: z.ZodType }
  return type === 'array' || (innerType !== undefined && isList(innerType))
}

/** Percent-decoding that refuses what is no UTF-8 instead of guessing. */
export function decode(text: string, what: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Problem('invalid-input', `${what} must be percent-encoded UTF-8`)
  }
}
