import { z } from 'zod'
import { durationForm, parseDuration } from '#internal/domain/duration.ts'
import { Misconfigured } from '#internal/errors/errors.ts'

/** The building blocks of a process's environment: each takes text and says in words what it expected. */
export const settings = {
  text: () => z.string(),
  choice: <const T extends readonly [string, ...string[]]>(values: T) =>
    z.enum(values, { error: issue => `must be ${values.join(' or ')}, got "${String(issue.input)}"` }),
  integer: (min: number, max: number) =>
    z.string().transform((text, context) => {
      const value = Number(text)
      if (/^\d+$/.test(text) && value >= min && value <= max) return value
      context.addIssue({
        code: 'custom',
        message: `must be a whole number from ${min} to ${max}, got "${text}"`,
      })
      return z.NEVER
    }),
  duration: () =>
    z.string().transform((text, context) => {
      const ms = parseDuration(text)
      if (ms !== null) return ms
      context.addIssue({ code: 'custom', message: `must be ${durationForm}, got "${text}"` })
      return z.NEVER
    }),
  list: () =>
    z.string().transform(text =>
      text
        .split(',')
        .map(part => part.trim())
        .filter(part => part !== ''),
    ),
  /** A PostgreSQL URI; its password is never repeated in a message. */
  postgresUrl: () =>
    z.string().refine(isPostgresUrl, {
      error: 'must be a PostgreSQL URI such as postgres://user:password@host:5432/database',
    }),
}

/** Whether a text is a PostgreSQL URI. */
export const isPostgresUrl = (text: string) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text)

export type Environment = Readonly<Record<string, string | undefined>>

/** Reads a process's settings; an empty variable counts as unset. Rejects with all that is wrong at once, as `Misconfigured`. */
export function readSettings<T extends z.ZodObject>(schema: T, environment: Environment): z.output<T> {
  const given = Object.fromEntries(
    Object.keys(schema.shape).flatMap(name => {
      const value = environment[name]
      return value === undefined || value === '' ? [] : [[name, value]]
    }),
  )
  const result = schema.safeParse(given)
  if (result.success) return result.data
  const lines = result.error.issues.map(issue => {
    const name = issue.path.join('.')
    const missing = issue.code === 'invalid_type' && !(name in given)
    return `${name} ${missing ? 'is not set' : issue.message}`
  })
  throw new Misconfigured(lines.join('\n'))
}
