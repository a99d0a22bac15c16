import { checkView, parseProductView, viewToJson } from '#internal/domain/product-view-json.ts'
import { productViewsTopic } from '#internal/eventlog/topics.ts'
import { createDailyLimit } from './daily-limit.ts'
import { maxLineSize } from './lines.ts'
import type { ParsedView, Refusal, RefusalReason } from '#internal/domain/product-view-json.ts'
import type { ProductView } from '#internal/domain/product-view.ts'
import type { EventLog, NewRecord } from '#internal/eventlog/log.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'

/** Where views come in: each gets a verdict, and what is taken gets into the log. */
export interface Intake {
  /** The verdict on JSON that is already parsed. */
  check(value: unknown): ParsedView
  /** The verdict on the bytes of one view. */
  checkBytes(bytes: Buffer): ParsedView
  /** The verdict on a view that kept the rules of the wire format before. */
  checkUser(view: ProductView): ParsedView
  /** The verdict on a line that was too long to keep. */
  refuseLongLine(): Refusal
  /** Resolves when all views are durable; rejects with `Unavailable`. */
  append(views: readonly ProductView[]): Promise<void>
}

export interface IntakeOptions {
  readonly log: EventLog
  readonly metrics: Metrics
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Makes a UUIDv7 for a view without a messageid. */
  readonly newId: () => string
  /** The CloudEvents source of the records, a URI reference. */
  readonly eventSource: string
  readonly ignoredUsers: ReadonlySet<string>
  readonly maxViewsPerUserPerDay: number
}

/** How many views of a stream or a file travel together. */
export const viewsAtOnce = 500

/** The verdict on a line that was too long to keep. */
export const lineTooLong: Refusal = {
  ok: false,
  reason: 'line-too-long',
  field: '',
  message: `the line must not be longer than ${maxLineSize}`,
}

export function createIntake(options: IntakeOptions): Intake {
  const { log, metrics, now, newId, eventSource, ignoredUsers, maxViewsPerUserPerDay } = options
  const limit = createDailyLimit({ maxPerDay: maxViewsPerUserPerDay })
  const accepted = metrics.counter({
    name: 'vitrine_views_accepted_total',
    help: 'Views that are durable in the event log.',
  })
  const refused = metrics.counter({
    name: 'vitrine_views_refused_total',
    help: 'Views that were refused, by reason.',
    labels: ['reason'],
  })

  function refuse(reason: RefusalReason, field: string, message: string): Refusal {
    return counted({ ok: false, reason, field, message })
  }

  function counted(refusal: Refusal): Refusal {
    refused.add({ reason: refusal.reason })
    return refusal
  }

  function checkUser(view: ProductView): ParsedView {
    if (ignoredUsers.has(view.userId)) {
      return refuse('ignored-user', '/userid', 'userid is on the list of ids to ignore')
    }
    if (!limit.take(view)) {
      return refuse(
        'too-many-views',
        '/userid',
        `userid has more than ${maxViewsPerUserPerDay} different views on this day`,
      )
    }
    return { ok: true, view }
  }

  const judge = (parsed: ParsedView) => (parsed.ok ? checkUser(parsed.view) : counted(parsed))

  return {
    check: value => judge(checkView(value, { newId, now: now() })),
    checkBytes: bytes => judge(parseProductView(bytes, { newId, now: now() })),
    checkUser,
    refuseLongLine: () => counted(lineTooLong),
    async append(views) {
      if (views.length === 0) return
      const receivedAt = new Date(now()).toISOString()
      try {
        await log.append(
          productViewsTopic,
          views.map(view => toRecord(view, receivedAt, eventSource)),
        )
      } catch (error) {
        for (const view of views) limit.giveBack(view)
        throw error
      }
      accepted.add({}, views.length)
    },
  }
}

/** A record of `product-views`: plain JSON as value, a CloudEvent in binary mode by its headers, keyed by user. */
function toRecord(view: ProductView, receivedAt: string, eventSource: string): NewRecord {
  return {
    key: view.userId,
    value: Buffer.from(viewToJson(view)),
    headers: {
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_type: 'dev.vitrine.product-view.v1',
      ce_source: eventSource,
      ce_id: view.messageId,
      ce_time: new Date(view.timestamp).toISOString(),
      'received-at': receivedAt,
    },
  }
}
