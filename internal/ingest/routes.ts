import { z } from 'zod'
import { refusalReasons, viewSchema } from '#internal/domain/product-view-json.ts'
import { Unavailable } from '#internal/errors/errors.ts'
import { chunksOf } from '#internal/http/body.ts'
import { Problem, problemBody } from '#internal/http/problem.ts'
import { route } from '#internal/http/route.ts'
import { maxLineSize } from './lines.ts'
import { takeStream } from './stream.ts'
import type { ParsedView } from '#internal/domain/product-view-json.ts'
import type { Answer, Route } from '#internal/http/route.ts'
import type { Readable } from 'node:stream'
import type { Intake } from './intake.ts'
import type { StreamCounts } from './stream.ts'

export const maxViewsPerRequest = 1_000
const ndjson = 'application/x-ndjson'

const { $schema: _, ...viewJsonSchema } = z.toJSONSchema(viewSchema, { io: 'input', unrepresentable: 'any' })

/** One view or several. Each view is checked on its own, by the same schema, so that one bad view refuses only itself. */
const body = z
  .unknown()
  .refine(value => !Array.isArray(value) || (value.length >= 1 && value.length <= maxViewsPerRequest), {
    error: `must hold 1 to ${maxViewsPerRequest} views; longer imports go as ${ndjson}`,
  })
  .meta({
    oneOf: [
      viewJsonSchema,
      { type: 'array', minItems: 1, maxItems: maxViewsPerRequest, items: viewJsonSchema },
    ],
  })

const verdict = z.union([
  z.object({ accepted: z.literal(true), messageid: z.string() }),
  z.object({
    accepted: z.literal(false),
    reason: z.enum(refusalReasons),
    field: z.string().meta({ description: 'JSON pointer into the view' }),
    message: z.string(),
  }),
])

const verdicts = z.object({
  accepted: z.number().int(),
  refused: z.number().int(),
  verdicts: z.array(verdict).meta({ description: 'One a view, in the order they came' }),
})

const counts = z.object({
  lines: z.number().int(),
  accepted: z.number().int(),
  refused: z.number().int(),
  reasons: z.record(z.string(), z.number().int()),
  errors: z.array(
    z.object({ line: z.number().int(), reason: z.string(), field: z.string(), message: z.string() }),
  ),
})

/** The call that takes views in. */
export function intakeRoutes(intake: Intake): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/views',
      operationId: 'sendViews',
      scope: 'views:write',
      tag: 'Views',
      summary: 'Send what visitors look at',
      description:
        `One view, a list of up to ${maxViewsPerRequest}, or ${ndjson} of any length (a view a line, lines up to ${maxLineSize}). ` +
        'What is accepted is durable when the answer comes. Sending a view again with the same messageid and timestamp ' +
        'changes nothing. A list of which no view can be taken is refused as a whole.',
      body,
      streams: [ndjson],
      answers: {
        200: {
          description: `How many lines of ${ndjson} were taken, and the first refusals.`,
          schema: counts,
          example: { lines: 2, accepted: 2, refused: 0, reasons: {}, errors: [] },
        },
        202: {
          description: 'A verdict each.',
          schema: verdicts,
          example: {
            accepted: 1,
            refused: 0,
            verdicts: [{ accepted: true, messageid: '6b1291ea-e50d-425b-9940-44c2aff089c1' }],
          },
        },
      },
      personal: true,
      async handle({ body: given, contentType, stream }) {
        return contentType === ndjson ? takeLines(stream, intake) : takeViews(given, intake)
      },
    }),
  ]
}

async function takeViews(given: unknown, intake: Intake): Promise<Answer> {
  const single = !Array.isArray(given)
  const judged = (single ? [given] : (given as unknown[])).map(value => intake.check(value))
  const views = judged.flatMap(parsed => (parsed.ok ? [parsed.view] : []))
  if (views.length === 0) throw refusedWhole(judged, single)
  await intake.append(views)
  return {
    status: 202,
    body: {
      accepted: views.length,
      refused: judged.length - views.length,
      verdicts: judged.map(parsed =>
        parsed.ok
          ? { accepted: true, messageid: parsed.view.messageId }
          : { accepted: false, reason: parsed.reason, field: parsed.field, message: parsed.message },
      ),
    },
  }
}

function refusedWhole(judged: readonly ParsedView[], single: boolean): Problem {
  const details = judged.flatMap((parsed, index) =>
    parsed.ok
      ? []
      : [
          {
            pointer: single ? parsed.field : `/${index}${parsed.field}`,
            message: parsed.message,
            reason: parsed.reason,
          },
        ],
  )
  return new Problem('invalid-input', details[0]?.message ?? 'no view', { details })
}

async function takeLines(stream: Readable, intake: Intake): Promise<Answer> {
  const taken: StreamCounts = { lines: 0, accepted: 0, refused: 0, reasons: {}, errors: [] }
  try {
    await takeStream(chunksOf(stream), intake, taken)
    return { status: 200, body: taken }
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    const detail = `The event log is away: ${taken.accepted} views were taken before; send the stream again, repeats change nothing.`
    return {
      status: 503,
      headers: {
        'Retry-After': String(error.retryAfterSeconds),
        'Content-Type': 'application/problem+json',
      },
      body: JSON.stringify({ ...problemBody(new Problem('unavailable', detail), undefined), ...taken }),
    }
  }
}
