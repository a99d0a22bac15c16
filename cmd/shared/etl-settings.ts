import { z } from 'zod'
import { settings } from './settings.ts'

/** What a run of a pipeline takes beside the engines. */
export const etlSettings = z.object({
  VITRINE_SHOP_URL: settings.postgresUrl().describe("PostgreSQL URI of the shop's own database; only read"),
  VITRINE_SHOP_CA_FILE: settings
    .text()
    .optional()
    .describe('CA certificates (PEM) by which that database must prove itself, and by its host name'),
  VITRINE_PIPELINE: settings.choice(['orders', 'products']).describe('What to copy: orders or products'),
  VITRINE_SCHEDULE: settings
    .text()
    .optional()
    .describe("Name under which the watermark is kept; the pipeline's name unless set"),
  VITRINE_TIME_ZONE: settings
    .text()
    .refine(zone => isTimeZone(zone), {
      error: issue => `must be an IANA time zone such as Europe/Berlin, got "${String(issue.input)}"`,
    })
    .default('UTC')
    .describe('Time zone of "previous month"'),
  VITRINE_WINDOW: settings
    .duration()
    .default(90 * 86_400_000)
    .describe('How far back orders are kept and reconciled (90d)'),
  VITRINE_FULL_EVERY: settings
    .duration()
    .default(86_400_000)
    .describe('How often the whole window is reconciled, so that lines gone at the source go here (24h)'),
  VITRINE_QUERY: settings
    .text()
    .optional()
    .describe("The shop's own SQL in the place of its tables, one SELECT; see etl.md for its columns"),
  VITRINE_GUARD_MIN_ROWS: settings
    .integer(0, 1_000_000_000)
    .default(0)
    .describe('A run that reads fewer rows than this is refused and publishes nothing'),
  VITRINE_GUARD_MAX_DROP_PERCENT: settings
    .integer(0, 100)
    .default(100)
    .describe('A run whose rows dropped by more than this share since the last one is refused'),
  VITRINE_GUARD_OVERRIDE: settings
    .text()
    .optional()
    .describe('Anything here lets a run through that the guard would refuse; its report says so'),
  VITRINE_TERMINATION_MESSAGE: settings
    .text()
    .optional()
    .describe(
      'File that the report is written to, at most 4,096 bytes of JSON: /dev/termination-log in a pod',
    ),
  TRACEPARENT: settings.text().optional().describe('W3C trace context that the run continues'),
})

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}
