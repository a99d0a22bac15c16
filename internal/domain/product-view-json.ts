import { isUtf8 } from 'node:buffer'
import { z } from 'zod'
import { idForm, idKeywords, isId } from './id.ts'
import { parseTimestamp, timestampForm } from './timestamp.ts'
import type { ProductView } from './product-view.ts'

/** Why a view is refused: words of a bounded list, for metrics and for people. */
export const refusalReasons = [
  'not-utf8',
  'not-json',
  'missing-field',
  'wrong-type',
  'wrong-event',
  'bad-id',
  'bad-timestamp',
  'in-the-future',
  'too-old',
  'line-too-long',
  'too-many-views',
  'ignored-user',
] as const

export type RefusalReason = (typeof refusalReasons)[number]

export interface Refusal {
  readonly ok: false
  readonly reason: RefusalReason
  /** JSON pointer to what is wrong; empty for the whole. */
  readonly field: string
  /** Says what was expected, beginning with the field's name. */
  readonly message: string
}

export type ParsedView = { readonly ok: true; readonly view: ProductView } | Refusal

/** A view may be so far ahead of our clock, since clocks differ. */
export const maxAheadMs = 5 * 60_000
const earliest = Date.UTC(2000, 0, 1)

const reason = (name: RefusalReason) => ({ params: { reason: name } })

const id = (what: string) =>
  z
    .string()
    .refine(isId, { error: `must be ${idForm}`, ...reason('bad-id') })
    .meta({ description: `${what}: ${idForm}`, ...idKeywords })

/** A view as the shop sends it; unknown fields are left out, not refused. */
export const viewSchema = z
  .object({
    event: z.literal('ProductView'),
    messageid: id('Makes a retry harmless; a new UUIDv7 when absent').optional(),
    userid: id('Who looked'),
    properties: z.object({ productid: id('What was looked at') }),
    context: z.object({ source: id('From where: desktop, app, …').optional() }).optional(),
    timestamp: z
      .string()
      .optional()
      .meta({ description: `${timestampForm}; the time of arrival when absent`, format: 'date-time' }),
  })
  .meta({ description: 'One look of one visitor at one product.' })

export interface ViewDefaults {
  /** Called for a view without a messageid. */
  readonly newId: () => string
  /** The time of arrival, epoch milliseconds. */
  readonly now: number
}

/** Reads a view as a shop sends it, from JSON that is already parsed. Never throws. */
export function checkView(value: unknown, { newId, now }: ViewDefaults): ParsedView {
  const parsed = readView(value, { newId, timestamp: now })
  if (!parsed.ok) return parsed
  const { timestamp } = parsed.view
  if (timestamp > now + maxAheadMs) {
    return refuse('in-the-future', '/timestamp', 'must not be more than 5 minutes ahead of the clock')
  }
  return parsed
}

/** Reads the bytes of one view. Never throws, whatever the bytes. */
export function parseProductView(bytes: Buffer, defaults: ViewDefaults): ParsedView {
  const json = parseJson(bytes)
  return json.ok ? checkView(json.value, defaults) : json
}

/**
 * Reads a view from the log, where it may have been put by the shop itself: as {@link parseProductView}, but a time in
 * the future is let through, since the append time bounds it. Never throws.
 */
export function parseStoredView(
  value: Buffer | null,
  defaults: { messageId: string; timestamp: number },
): ParsedView {
  if (value === null) return refuse('missing-field', '', 'must be a JSON object, got no value')
  const json = parseJson(value)
  if (!json.ok) return json
  return readView(json.value, { newId: () => defaults.messageId, timestamp: defaults.timestamp })
}

/** The canonical JSON of a view, as it stands in the log. */
export function viewToJson({ messageId, userId, productId, source, timestamp }: ProductView): string {
  return JSON.stringify({
    event: 'ProductView',
    messageid: messageId,
    userid: userId,
    properties: { productid: productId },
    context: { source },
    timestamp: new Date(timestamp).toISOString(),
  })
}

function readView(value: unknown, defaults: { newId: () => string; timestamp: number }): ParsedView {
  const parsed = viewSchema.safeParse(value)
  if (!parsed.success) return toRefusal(parsed.error.issues[0], value)
  const { messageid, userid, properties, context, timestamp } = parsed.data
  const time = timestamp === undefined ? defaults.timestamp : parseTimestamp(timestamp)
  if (time === null) return refuse('bad-timestamp', '/timestamp', `must be ${timestampForm}`)
  if (time < earliest) return refuse('too-old', '/timestamp', 'must not be before the year 2000')
  return {
    ok: true,
    view: {
      messageId: messageid ?? defaults.newId(),
      userId: userid,
      productId: properties.productid,
      source: context?.source ?? 'unknown',
      timestamp: time,
    },
  }
}

function parseJson(bytes: Buffer): { ok: true; value: unknown } | Refusal {
  if (!isUtf8(bytes)) return refuse('not-utf8', '', 'must be UTF-8')
  const text = bytes.toString()
  try {
    return { ok: true, value: JSON.parse(text) as unknown }
  } catch {
    return refuse('not-json', '', 'must be one JSON object')
  }
}

function toRefusal(issue: z.core.$ZodIssue | undefined, value: unknown): Refusal {
  const path = issue?.path ?? []
  const field = path.map(part => `/${String(part)}`).join('')
  if (issue?.code === 'custom') {
    return refuse(
      (issue.params?.['reason'] as RefusalReason | undefined) ?? 'wrong-type',
      field,
      issue.message,
    )
  }
  if (isMissing(value, path)) return refuse('missing-field', field, 'is missing')
  if (issue?.code === 'invalid_value') return refuse('wrong-event', field, 'must be "ProductView"')
  const expected = issue?.code === 'invalid_type' ? issue.expected : 'object'
  return refuse('wrong-type', field, `must be ${expected === 'object' ? 'an object' : `a ${expected}`}`)
}

function isMissing(value: unknown, path: readonly PropertyKey[]): boolean {
  let inner = value
  for (const part of path) {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, part)) return true
    inner = (inner as Record<PropertyKey, unknown>)[part]
  }
  return inner === undefined
}

function refuse(name: RefusalReason, field: string, what: string): Refusal {
  const subject = field === '' ? 'the view' : field.slice(1).replaceAll('/', '.')
  return { ok: false, reason: name, field, message: `${subject} ${what}` }
}
