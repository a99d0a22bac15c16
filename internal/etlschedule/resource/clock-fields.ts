import { z } from 'zod'
import { InvalidInput } from '#internal/errors/errors.ts'
import { parseCron } from '../clock/cron.ts'
import { findZone } from '../clock/zone.ts'
import { celKey } from './rules.ts'

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

/** What one of the five fields takes: its values as a pattern in RE2, and in words. */
interface CronField {
  readonly name: string
  readonly value: string
  readonly words: string
}

const fields: readonly CronField[] = [
  { name: 'minute', value: '[1-5]?[0-9]', words: '0 to 59' },
  { name: 'hour', value: '1?[0-9]|2[0-3]', words: '0 to 23' },
  { name: 'day of month', value: '[1-9]|[12][0-9]|3[01]', words: '1 to 31' },
  { name: 'month', value: `[1-9]|1[0-2]|${anyCase(months)}`, words: '1 to 12 or JAN to DEC' },
  { name: 'day of week', value: `[0-6]|${anyCase(weekdays)}`, words: '0 (Sunday) to 6 or SUN to SAT' },
]

function anyCase(names: readonly string[]): string {
  return `(?i:${names.join('|')})`
}

const isMacro = "self.startsWith('@')"
const fiveFields = String.raw`self.matches(r'^\s*\S+(?:\s+\S+){4}\s*$')`

function fieldRule({ name, value, words }: CronField, place: number) {
  const one = `0*(?:${value})`
  const item = `(?:[*?]|${one}(?:-${one})?)(?:/0*[1-9][0-9]*)?`
  return {
    rule: String.raw`${isMacro} || !${fiveFields} || self.matches(r'^\s*(?:\S+\s+){${place}}${item}(?:,${item})*(?:\s|$)')`,
    message: `${name} (number ${place + 1} of the five fields) must be ${words}, * for any, a list 1,3, a range 1-3, or a step */2`,
  }
}

/** Names as their numbers, so that one comparison does for ranges of both. */
const numbered = [
  ...months.map((name, index) => [name, index + 1] as const),
  ...weekdays.entries().map(([index, name]) => [name, index] as const),
]
  .map(([name, number]) => `.replace('${name}', '${number}')`)
  .join('')

const cronRules = [
  { rule: "!self.contains('TZ')", message: 'must not carry a time zone; give it as spec.timeZone' },
  {
    rule: `${isMacro} || ${fiveFields}`,
    message:
      "must be five fields, minute hour day-of-month month day-of-week, such as '0 3 * * *', or a macro such as @daily",
  },
  {
    rule: `!${isMacro} || self.matches(r'^@(?:yearly|annually|monthly|weekly|daily|midnight|hourly|every .+)$')`,
    message:
      'must be one of @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, @every 90m, or five fields',
  },
  {
    rule: "!self.startsWith('@every ') || duration(self.substring(7)) > duration('0s')",
    message: 'must give @every a duration above zero, such as @every 90m or @every 1h30m',
  },
  ...fields.map(fieldRule),
  {
    rule: `self.upperAscii()${numbered}.findAll('[0-9]{1,9}-[0-9]{1,9}').all(range, int(range.split('-')[0]) <= int(range.split('-')[1]))`,
    message: 'must have ranges that begin before they end, such as 1-5; write 22-2 as 22-23,0-2',
  },
]

/** A cron expression, as a CronJob takes it: the API server refuses what its CronJob controller could not read. */
export const cron = readable(z.string().max(256), parseCron).meta({ [celKey]: cronRules })

/** An IANA time zone, as a CronJob takes it. CEL looks it up in the API server's own list of zones. */
export const timeZone = readable(z.string().max(64), findZone).meta({
  [celKey]: [
    {
      rule:
        "self.lowerAscii() != 'local' && self.matches('^[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*$') && " +
        "timestamp('2026-01-01T00:00:00Z').getHours(self) >= 0",
      message: 'must be a time zone by its IANA name, such as Europe/Berlin; leave it out for Etc/UTC',
    },
  ],
})

/** Text that `read` can read; what it says when it cannot is the refusal. */
function readable(schema: z.ZodString, read: (text: string) => unknown) {
  return schema.superRefine((text, context) => {
    try {
      read(text)
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error
      context.addIssue({ code: 'custom', message: error.message })
    }
  })
}
