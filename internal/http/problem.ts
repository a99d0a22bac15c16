import { Conflict, InvalidInput, Unavailable } from '#internal/errors/errors.ts'

/** The kinds of refusals, each with a page in docs/errors that says what to do. */
export const problems = {
  'invalid-input': { status: 400, title: 'The request is not understood' },
  unauthorized: { status: 401, title: 'A key is wanted' },
  forbidden: { status: 403, title: 'The key is not good for this' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'method-not-allowed': { status: 405, title: 'This path does not take this method' },
  conflict: { status: 409, title: 'Somebody else was faster' },
  'too-large': { status: 413, title: 'The request is too large' },
  'unsupported-media-type': { status: 415, title: 'The content type is not taken here' },
  'headers-too-large': { status: 431, title: 'Path, query and headers are too large' },
  internal: { status: 500, title: 'A fault of ours' },
  unavailable: { status: 503, title: 'Try again in a moment' },
} as const

export type ProblemCode = keyof typeof problems

/** What is wrong with one part of a request. */
export interface ProblemDetail {
  /** JSON pointer into the body, or the name of a parameter or header. */
  readonly pointer?: string
  readonly parameter?: string
  readonly header?: string
  readonly message: string
  /** A word for machines, where there are several ways to be wrong. */
  readonly reason?: string
}

/** A refusal on its way to the client; thrown by what checks requests. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly details: readonly ProblemDetail[]
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: ProblemCode,
    message: string,
    options: {
      details?: readonly ProblemDetail[]
      headers?: Readonly<Record<string, string>>
      cause?: unknown
    } = {},
  ) {
    super(message, { cause: options.cause })
    this.code = code
    this.details = options.details ?? []
    this.headers = options.headers ?? {}
  }
}

/** What a failure means to the client; anything unknown is a fault of ours and says no more than that. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof InvalidInput) {
    const details = error.field === undefined ? [] : [fieldDetail(error.field, error.message)]
    return new Problem('invalid-input', error.message, { details, cause: error })
  }
  if (error instanceof Conflict) return new Problem('conflict', error.message, { cause: error })
  if (error instanceof Unavailable) {
    const headers = { 'Retry-After': String(error.retryAfterSeconds) }
    return new Problem('unavailable', 'The service can not do this right now; try again.', {
      headers,
      cause: error,
    })
  }
  return new Problem('internal', 'Something went wrong here; it is logged under the trace id.', {
    cause: error,
  })
}

function fieldDetail(field: string, message: string): ProblemDetail {
  return field.startsWith('/') ? { pointer: field, message } : { parameter: field, message }
}

/** The body of RFC 9457; `type` leads to the page about this kind of problem. */
export function problemBody(problem: Problem, traceId: string | undefined): Record<string, unknown> {
  const { status, title } = problems[problem.code]
  return {
    type: `/errors/${problem.code}`,
    title,
    status,
    code: problem.code,
    detail: problem.message,
    ...(problem.details.length > 0 && { errors: problem.details }),
    ...(traceId !== undefined && { traceId }),
  }
}
