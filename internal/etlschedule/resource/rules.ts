import type { z } from 'zod'

/** One rule for a value, for the code and for the API server (CEL); both refuse with the same message. */
export interface Rule<T> {
  /** What the value must be, and the way out; the field's path stands before it. */
  readonly message: string
  /** An expression in CEL, where `self` is the value. */
  readonly cel: string
  readonly holds: (value: T) => boolean
}

/** The key of CEL rules in a schema of a CustomResourceDefinition. */
export const celKey = 'x-kubernetes-validations'

/** The schema with rules that its values must keep; the API server skips them where the value's type is wrong. */
export function withRules<T extends z.ZodType>(schema: T, rules: readonly Rule<z.output<T>>[]): T {
  const refined = rules.reduce<T>(
    (checked, { holds, message }) =>
      checked.refine(value => holds(value as z.output<T>), { error: message }) as T,
    schema,
  )
  return refined.meta({
    ...schema.meta(),
    [celKey]: rules.map(({ cel, message }) => ({ rule: cel, message })),
  }) as T
}
