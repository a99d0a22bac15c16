import type { Readable } from 'node:stream'
import type { z } from 'zod'

export type Method = 'GET' | 'POST' | 'DELETE'

/** What a handler gets: the parts of the request, checked against the route's own schemas. */
export interface Request<P = unknown, Q = unknown, H = unknown, B = unknown> {
  readonly params: P
  readonly query: Q
  readonly headers: H
  /** The parsed JSON body; undefined where the route takes none or a stream. */
  readonly body: B
  readonly contentType: string | null
  /** The raw body, for routes with `streams`. */
  readonly stream: Readable
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal
}

/** A body that is JSON already, so that one answer given to many is written once. */
export class Json {
  readonly text: string

  constructor(value: unknown) {
    this.text = JSON.stringify(value)
  }
}

export interface Answer {
  readonly status: number
  /** Text as it is, {@link Json} as it was written, anything else as JSON. */
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** How an answer is documented. */
export interface AnswerDescription {
  readonly description: string
  readonly schema: z.ZodType
  readonly example: unknown
  /** Without parameters; application/json unless said otherwise. */
  readonly contentType?: string
}

/** One call of the HTTP interface: what checks a request, what describes it in /openapi.json, and what answers it. */
export interface Route<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  H extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
> {
  readonly method: Method
  /** OpenAPI form without a trailing slash, "/v1/users/{id}/history"; served with and without one. */
  readonly path: string
  readonly operationId: string
  readonly tag: string
  readonly summary: string
  readonly description: string
  /** What a key must be good for where keys are asked for; `null`: open to everybody. */
  readonly scope: string | null
  readonly params?: P
  /** Repeatable parameters are arrays here; any other that comes twice is refused, as is an unknown one. */
  readonly query?: Q
  readonly requestHeaders?: H
  readonly body?: B
  /** Content types taken as a stream, unread, such as application/x-ndjson. */
  readonly streams?: readonly string[]
  readonly maxBodyBytes?: number
  readonly answers: Readonly<Record<number, AnswerDescription>>
  /** The body of a refusal where it is not problem+json: the two calls that keep an older contract. */
  readonly refusal?: (field: string | undefined, message: string) => unknown
  /** About a person: never cached. */
  readonly personal: boolean
  handle(request: Request<z.output<P>, z.output<Q>, z.output<H>, z.output<B>>): Promise<Answer>
}

/** Keeps a route's own types while lists hold them all as `Route`. */
export function route<P extends z.ZodType, Q extends z.ZodType, H extends z.ZodType, B extends z.ZodType>(
  definition: Route<P, Q, H, B>,
): Route {
  return definition as unknown as Route
}
