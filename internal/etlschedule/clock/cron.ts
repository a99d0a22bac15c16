import { InvalidInput } from '#internal/errors/errors.ts'
import { parseField } from './cron-field.ts'
import { parseGoDuration } from './go-duration.ts'

/**
 * A cron expression as a CronJob takes it (the standard parser of robfig/cron 3): five fields with names, lists, ranges
 * and steps, `?` for `*`, the macros `@hourly` to `@yearly`, and `@every <duration>`.
 */
export type Cron =
  | { readonly kind: 'fields'; readonly fields: CronFields }
  /** A whole number of seconds, one at least. */
  | { readonly kind: 'every'; readonly everyMs: number }

/** The values at which each field lets a run start; days of the week count from 0, Sunday. */
export interface CronFields {
  readonly minutes: ReadonlySet<number>
  readonly hours: ReadonlySet<number>
  readonly days: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  readonly weekdays: ReadonlySet<number>
  /** Whether one of days and weekdays is enough; else both must hold. */
  readonly eitherDay: boolean
}

const macros: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

const every = '@every '
/** What Go takes for white space. */
const space = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/

/**
 * Reads an expression, refusing whatever the API server refuses for a CronJob.
 *
 * @throws InvalidInput for the field `schedule`; it says what is wrong, and the way out
 */
export function parseCron(text: string): Cron {
  try {
    return text.startsWith(every) ? parseEvery(text.slice(every.length)) : parseFields(text)
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error
    throw new InvalidInput(`schedule ${shortened(JSON.stringify(text))}: ${error.message}`, 'schedule')
  }
}

function parseEvery(text: string): Cron {
  const nanoseconds = parseGoDuration(text)
  if (nanoseconds === null) throw new InvalidInput('@every takes a duration such as 90m or 1h30m')
  const seconds = Number(nanoseconds / 1_000_000_000n)
  return { kind: 'every', everyMs: Math.max(1, seconds) * 1_000 }
}

function parseFields(text: string): Cron {
  if (text.includes('TZ')) throw new InvalidInput('must not carry a time zone; give it as timeZone')
  const expression = text.startsWith('@') ? macros[text] : text
  if (expression === undefined) {
    throw new InvalidInput(`must be one of ${Object.keys(macros).join(', ')}, @every 90m, or five fields`)
  }
  const parts = expression.split(space).filter(part => part !== '')
  const [minute, hour, day, month, weekday, ...more] = parts
  if (weekday === undefined || more.length > 0) {
    throw new InvalidInput(
      `must be five fields, minute hour day-of-month month day-of-week, such as "0 3 * * *", and has ${parts.length}`,
    )
  }
  const days = parseField('day of month', day as string)
  const weekdays = parseField('day of week', weekday)
  return {
    kind: 'fields',
    fields: {
      minutes: parseField('minute', minute as string).values,
      hours: parseField('hour', hour as string).values,
      days: days.values,
      months: parseField('month', month as string).values,
      weekdays: weekdays.values,
      eitherDay: !days.isAny && !weekdays.isAny,
    },
  }
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
