import { Misconfigured, Unavailable, VitrineError } from '#internal/errors/errors.ts'
import { tlsTrouble } from '#internal/errors/tls.ts'

/** PostgreSQL's five-character error code of a failure, also where it was wrapped; `null` when there is none. */
export function sqlState(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  const { code } = error as { code?: unknown }
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return code
  return sqlState(error.cause)
}

/** Where in the statement's text a failure lies, counted in characters from 1; `null` when the server did not say. */
export function sqlPosition(error: unknown): number | null {
  if (!(error instanceof Error)) return null
  const { position } = error as { position?: unknown }
  return typeof position === 'string' ? Number(position) : sqlPosition(error.cause)
}

const socketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
])

/** Connection lost (08), resources used up (53), server going or coming (57P), statement cancelled by a time-out (57014). */
const awayStates = /^(08...|53...|57P0[1-5]|57014)$/

/** Failures that pg reports in words only. */
const awayMessages =
  /^Connection terminated|^timeout exceeded when trying to connect|^timeout expired|^Query read timeout|is not queryable$|^Cannot use a pool after calling end/

/**
 * A server in recovery, or a database that is closed for a while, has the code (55000) of whatever can't be done now, such
 * as asking a sequence for its last number: only the words tell.
 */
const notYet = (state: string | null, message: string) =>
  state === '55000' && /\brecovery\b|not currently accepting connections/.test(message)

const refusedStates = new Set(['28000', '28P01', '3D000'])

/** Did the connection itself fail, so that it must not be used again? */
export function isConnectionFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: unknown }
  if (typeof code === 'string') return socketCodes.has(code) || (awayStates.test(code) && code !== '57014')
  return awayMessages.test(error.message)
}

/** Node leaves the message empty when each of several addresses failed. */
function codeOf(error: Error): string {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : error.name
}

/**
 * A failure as callers know it: `Unavailable` for a server that is away, starting, in recovery, full or late, `Misconfigured` for
 * a user, password or database that it refuses; anything else as it came. `server` names it without a password. A server
 * that does not prove itself is `Unavailable`, since it may get another certificate, and so is a refused login where the
 * password may change.
 */
export function translate(
  error: unknown,
  server: string,
  { passwordMayChange = false }: { passwordMayChange?: boolean } = {},
): unknown {
  if (!(error instanceof Error) || error instanceof VitrineError) return error
  const state = sqlState(error)
  const message = error.message || codeOf(error)
  const trouble = tlsTrouble(error)
  if (trouble !== null) {
    return new Unavailable(`PostgreSQL at ${server} is not trusted: ${trouble}. Nothing was sent.`, {
      cause: error,
    })
  }
  if (passwordMayChange && (state === '28P01' || state === '28000')) {
    return new Unavailable(
      `PostgreSQL at ${server} refuses the login: ${message}. Waiting for another password.`,
      {
        cause: error,
      },
    )
  }
  if (state !== null && refusedStates.has(state)) {
    return new Misconfigured(`PostgreSQL at ${server} refuses the connection: ${message}. Check the URL.`, {
      cause: error,
    })
  }
  if (isConnectionFailure(error) || state === '57014' || notYet(state, message)) {
    return new Unavailable(`PostgreSQL at ${server} is away: ${message}`, { cause: error })
  }
  return error
}
