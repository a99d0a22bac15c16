/** What a caller can do about a failure; the class says it, the code names it for machines. */
export const errorCodes = [
  'invalid-input',
  'not-found',
  'unavailable',
  'conflict',
  'misconfigured',
  'refused',
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** Base of all errors that Vitrine raises on purpose; anything else is a bug. */
export class VitrineError extends Error {
  override readonly name: string = 'VitrineError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The caller sent something that can never work; `field` is a JSON pointer or a parameter's name. */
export class InvalidInput extends VitrineError {
  override readonly name = 'InvalidInput'
  readonly field: string | undefined

  constructor(message: string, field?: string, options?: ErrorOptions) {
    super('invalid-input', message, options)
    this.field = field
  }
}

/** An engine is away or a buffer is full: the same call may succeed later. */
export class Unavailable extends VitrineError {
  override readonly name = 'Unavailable'
  /** Seconds after which another try makes sense. */
  readonly retryAfterSeconds: number

  constructor(message: string, options?: ErrorOptions & { retryAfterSeconds?: number }) {
    super('unavailable', message, options)
    this.retryAfterSeconds = options?.retryAfterSeconds ?? 1
  }
}

/** Somebody else holds what was asked for, or has moved it meanwhile. */
export class Conflict extends VitrineError {
  override readonly name = 'Conflict'

  constructor(message: string, options?: ErrorOptions) {
    super('conflict', message, options)
  }
}

/** Waiting cures nothing: an operator must change a setting, a file or a right. */
export class Misconfigured extends VitrineError {
  override readonly name = 'Misconfigured'

  constructor(message: string, options?: ErrorOptions) {
    super('misconfigured', message, options)
  }
}
