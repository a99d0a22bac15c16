import { InvalidInput, Misconfigured, Unavailable, VitrineError } from '#internal/errors/errors.ts'

/** Kafka's own name of a failure ("MESSAGE_TOO_LARGE"), also where kafkajs wrapped it; `null` when there is none. */
export function kafkaErrorType(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  const { type } = error as { type?: unknown }
  if (typeof type === 'string') return type
  const { errors } = error as { errors?: unknown }
  if (Array.isArray(errors) && errors.length > 0) return kafkaErrorType(errors[0])
  return kafkaErrorType(error.cause)
}

const tooLarge = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])
const unknownTopic = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION'])
const refused = /AUTHORIZATION_FAILED|UNSUPPORTED_VERSION|INVALID_REPLICATION_FACTOR|POLICY_VIOLATION/

export const isTooLarge = (error: unknown): boolean => tooLarge.has(kafkaErrorType(error) ?? '')
export const isUnknownTopic = (error: unknown): boolean => unknownTopic.has(kafkaErrorType(error) ?? '')

/** The brokers that are spoken to, and why their last connection was not trusted, where that was so. */
export interface Cluster {
  readonly brokers: readonly string[]
  readonly distrust: () => string | null
}

/** A failure as callers know it: what an operator must cure is `Misconfigured`, a record too large `InvalidInput`, all else `Unavailable`. */
export function translate(error: unknown, { brokers, distrust }: Cluster): VitrineError {
  if (error instanceof VitrineError && !(error instanceof Late)) return error
  const type = kafkaErrorType(error) ?? ''
  const reason = error instanceof Error ? error.message : String(error)
  const where = `Kafka at ${brokers.join(', ')}`
  if (isTooLarge(error)) {
    return new InvalidInput(`${where} refuses a record that is larger than its topic takes`, 'value', {
      cause: error,
    })
  }
  if (isUnknownTopic(error))
    return new Misconfigured(`${where} has no such topic: ${reason}`, { cause: error })
  // Only who logs in is told so, and the password may change.
  if (/SASL/.test((error as Error).name)) {
    return new Unavailable(`${where} refuses the login: ${reason}. Waiting for another password.`, {
      cause: error,
    })
  }
  if (refused.test(type)) {
    return new Misconfigured(`${where} refuses: ${reason}. Check its address, user and rights.`, {
      cause: error,
    })
  }
  const trouble = distrust()
  if (trouble !== null) {
    return new Unavailable(`${where} is not trusted: ${trouble}. Nothing was sent.`, { cause: error })
  }
  return new Unavailable(`${where} is away: ${reason}`, { cause: error })
}

/** An answer took too long. */
class Late extends Unavailable {}

/** Rejects with `Unavailable` when a promise takes longer. */
export async function within<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Late(`${what} took longer than ${ms} ms`)), ms)
  })
  promise.catch(() => undefined)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
