import { Conflict, InvalidInput, Misconfigured, Unavailable, VitrineError } from '#internal/errors/errors.ts'

/** The resourceVersion or the page asked for is too old for the API server: list anew. */
export class Expired extends VitrineError {
  override readonly name = 'Expired'

  constructor(message: string) {
    super('conflict', message)
  }
}

/** No such object, or no such kind: a namespace or a CustomResourceDefinition may be missing. */
export class NotFound extends VitrineError {
  override readonly name = 'NotFound'
  /** The object that was asked for; `undefined` where its kind or its namespace is missing. */
  readonly object: string | undefined

  constructor(message: string, object: string | undefined) {
    super('not-found', message)
    this.object = object
  }
}

/** What a call was about, for messages: `apply etlschedules.vitrine.dev orders/nightly`. */
export interface Call {
  readonly verb: string
  readonly what: string
}

/** The part of a `Status` that says why. */
export interface KubeStatus {
  readonly code?: number
  readonly reason?: string
  readonly message?: string
  readonly details?: {
    readonly name?: string
    readonly kind?: string
    readonly retryAfterSeconds?: number
    readonly causes?: readonly { readonly field?: string; readonly message?: string }[]
  }
}

/** An answer's status other than 2xx as an error that says what its caller can do. */
export function errorOf(call: Call, code: number, status: KubeStatus, retryAfter?: string): VitrineError {
  const said = status.message ?? `HTTP ${code}`
  const field = status.details?.causes?.[0]?.field
  const message = `the API server refused to ${call.verb} ${call.what}: ${said}`
  switch (code) {
    case 400:
    case 405:
    case 413:
    case 415:
    case 422:
      // The name belongs to another object meanwhile.
      if (field === 'metadata.uid') return new Conflict(message)
      return new InvalidInput(message, field)
    case 401:
      return new Misconfigured(`${message}. The credentials are missing, expired or unknown to it`)
    case 403:
      return new Misconfigured(`${message}. A Role or a quota must allow it first`)
    case 404:
      return new NotFound(message, status.details?.name)
    case 409:
      return new Conflict(message)
    case 410:
      return new Expired(message)
    default:
      return new Unavailable(message, { retryAfterSeconds: secondsOf(retryAfter, status) })
  }
}

function secondsOf(retryAfter: string | undefined, { details }: KubeStatus): number {
  const seconds = Number(retryAfter ?? details?.retryAfterSeconds ?? 1)
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 300) : 1
}

/** A failure to reach the API server, or to hear its answer. */
export function connectionError(call: Call, cause: unknown): VitrineError {
  if (cause instanceof VitrineError) return cause
  const said = cause instanceof Error ? cause.message : String(cause)
  return new Unavailable(`could not ${call.verb} ${call.what}: ${said}`, { cause })
}
