import { errors, types } from 'cassandra-driver'
import { Misconfigured, Unavailable, VitrineError } from '#internal/errors/errors.ts'
import { tlsTrouble } from '#internal/errors/tls.ts'

const codes = types.responseErrorCodes

/** The server cannot say yes now, but may later. */
const awayCodes = new Set<number>([
  codes.serverError,
  codes.unavailableException,
  codes.overloaded,
  codes.isBootstrapping,
  codes.truncateError,
  codes.writeTimeout,
  codes.readTimeout,
  codes.readFailure,
  codes.writeFailure,
  codes.unprepared,
])

const refusedCodes = new Set<number>([codes.badCredentials, codes.unauthorized])

const missingSchema =
  /^(unconfigured table|table \S+ does not exist|keyspace \S+ does not exist|undefined column name)|unknown identifier/i

const unstorable = /longer than maximum|may not be empty|too large/i

/** The keyspace, a table or a column is not there (yet). */
export function isMissingSchema(error: unknown): boolean {
  if (error instanceof errors.ResponseError) {
    return error.code === codes.invalid && missingSchema.test(error.message)
  }
  return error instanceof Error && error.cause !== undefined && isMissingSchema(error.cause)
}

/** Cassandra will never take these values, such as a key that is empty or beyond 64 KiB. */
export function isUnstorable(error: unknown): boolean {
  if (error instanceof errors.ResponseError) {
    return error.code === codes.invalid && unstorable.test(error.message)
  }
  // The driver cannot write the length of such a key.
  return error instanceof RangeError
}

/**
 * A failure as callers know it: `Unavailable` for a cluster that is away, late, full or without its schema,
 * `Misconfigured` for a user, password or data center that it does not know; anything else as it came. Nodes that do not prove
 * themselves are `Unavailable`, since they may get other certificates, and so is a refused login where the password may change.
 */
export function translate(
  error: unknown,
  cluster: string,
  { passwordMayChange = false }: { passwordMayChange?: boolean } = {},
): unknown {
  if (!(error instanceof Error) || error instanceof VitrineError) return error
  const cause = closestCause(error)
  const words = cause.message || cause.name
  const trouble = tlsTrouble(cause)
  if (trouble !== null) {
    return new Unavailable(`Cassandra at ${cluster} is not trusted: ${trouble}. Nothing was sent.`, {
      cause: error,
    })
  }
  if (passwordMayChange && cause instanceof errors.AuthenticationError) {
    return new Unavailable(
      `Cassandra at ${cluster} refuses the login: ${words}. Waiting for another password.`,
      { cause: error },
    )
  }
  if (isRefusal(cause)) {
    return new Misconfigured(
      `Cassandra at ${cluster} refuses us: ${words}. Check user, password and rights.`,
      {
        cause: error,
      },
    )
  }
  if (cause instanceof errors.ArgumentError) {
    return new Misconfigured(`Cassandra at ${cluster}: ${words}`, { cause: error })
  }
  if (isMissingSchema(cause)) {
    return new Unavailable(`Cassandra at ${cluster} lacks our tables: ${words}. Run "vitrine init".`, {
      cause: error,
    })
  }
  if (isAway(cause) || isAway(error)) {
    return new Unavailable(`Cassandra at ${cluster} is away: ${words}`, { cause: error })
  }
  return error
}

/** When no node could be asked, what the first of them met says more than that none could. */
function closestCause(error: Error): Error {
  if (!(error instanceof errors.NoHostAvailableError)) return error
  const met = Object.values((error.innerErrors ?? {}) as Record<string, unknown>)
  const first = met.find(isRefusal) ?? met[0]
  return first instanceof Error ? first : error
}

function isRefusal(error: unknown): boolean {
  if (error instanceof errors.AuthenticationError) return true
  return error instanceof errors.ResponseError && refusedCodes.has(error.code)
}

function isAway(error: Error): boolean {
  if (error instanceof errors.ResponseError) return awayCodes.has(error.code)
  if (
    error instanceof errors.NoHostAvailableError ||
    error instanceof errors.OperationTimedOutError ||
    error instanceof errors.BusyConnectionError
  ) {
    return true
  }
  // Broken sockets keep the code that the system gave them, or are marked by the driver.
  const { code, isSocketError } = error as { code?: unknown; isSocketError?: unknown }
  return isSocketError === true || (typeof code === 'string' && /^E(?!RR_)[A-Z_]+$/.test(code))
}
