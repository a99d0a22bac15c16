import { createIntake } from '#internal/ingest/intake.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import type { ProductView } from '#internal/domain/product-view.ts'
import type { EventLog, NewRecord } from '#internal/eventlog/log.ts'

const users = 20_000
const products = 2_000
const begin = Date.now()

/** `count` views from number `from` on: the same number is always the same view, and few look at a product twice. */
export function makeViews(from: number, count: number): ProductView[] {
  return Array.from({ length: count }, (_, at) => {
    const number = from + at
    return {
      messageId: `view-${number}`,
      userId: userOf(number),
      productId: `product-${scattered(number, 40_503) % products}`,
      source: number % 2 === 0 ? 'desktop' : 'mobile',
      timestamp: begin - 86_400_000 + (number % 86_400_000),
    }
  })
}

/** The user of view number `number`. */
export function userOf(number: number): string {
  return `user-${scattered(number, 2_654_435_761) % users}`
}

function scattered(number: number, by: number): number {
  const mixed = Math.imul(number + 1, by) >>> 0
  return (mixed ^ (mixed >>> 15)) >>> 0
}

/** The records that the intake makes of the views, caught on their way to the log. */
export async function recordsOf(views: readonly ProductView[], log: EventLog): Promise<NewRecord[]> {
  const caught: NewRecord[] = []
  const intake = createIntake({
    log: {
      ...log,
      async append(_topic, records) {
        for (const record of records) caught.push(record)
        return []
      },
    },
    metrics: createMetrics({ service: 'bench', version: '0' }),
    now: Date.now,
    newId: () => 'none',
    eventSource: '/vitrine/ingestor',
    ignoredUsers: new Set(),
    maxViewsPerUserPerDay: Number.MAX_SAFE_INTEGER,
  })
  await intake.append(views)
  return caught
}
