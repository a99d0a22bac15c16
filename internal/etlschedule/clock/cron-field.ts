import { InvalidInput } from '#internal/errors/errors.ts'

interface Rule {
  readonly min: number
  readonly max: number
  readonly names: readonly string[]
  /** What the field takes, in words. */
  readonly words: string
}

const rules = {
  minute: { min: 0, max: 59, names: [], words: '0 to 59' },
  hour: { min: 0, max: 23, names: [], words: '0 to 23' },
  'day of month': { min: 1, max: 31, names: [], words: '1 to 31' },
  month: {
    min: 1,
    max: 12,
    names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
    words: '1 to 12 or JAN to DEC',
  },
  'day of week': {
    min: 0,
    max: 6,
    names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'],
    words: '0 (Sunday) to 6 or SUN to SAT',
  },
} satisfies Record<string, Rule>

export type FieldName = keyof typeof rules

interface Field {
  readonly values: ReadonlySet<number>
  /** Whether an item of it is a plain `*`: then it does not restrict the day. */
  readonly isAny: boolean
}

/**
 * Reads one field of a cron expression: a list of `*`, numbers, names and ranges, each with or without a step. Empty
 * items of a list count for nothing, and of a range from `*` what follows the hyphen, as in Kubernetes.
 *
 * @throws InvalidInput that says which part is wrong
 */
export function parseField(name: FieldName, text: string): Field {
  const items = text
    .split(',')
    .filter(item => item !== '')
    .map(item => parseItem(name, item))
  return { values: new Set(items.flatMap(({ values }) => values)), isAny: items.some(({ isAny }) => isAny) }
}

function parseItem(name: FieldName, item: string): { values: number[]; isAny: boolean } {
  const rule: Rule = rules[name]
  const refused = (why: string) => new InvalidInput(`${name} ${JSON.stringify(item)} ${why}`)
  const [range = '', step, ...slashes] = item.split('/')
  const [low = '', high, ...hyphens] = range.split('-')
  if (slashes.length > 0) throw refused('has more than one "/"')
  const isAll = low === '*' || low === '?'
  if (hyphens.length > 0 && !isAll) throw refused('has more than one "-"')

  const by = step === undefined ? 1 : parseNumber(step)
  if (by === null || by < 1) throw refused('must have a step of 1 or more, such as */2')
  const first = isAll ? rule.min : parseValue(low, rule)
  const openEnd = step === undefined ? first : rule.max
  const last = isAll ? rule.max : high === undefined ? openEnd : parseValue(high, rule)
  if (first === null || last === null || first < rule.min || last > rule.max) {
    throw refused(`must be ${rule.words}, * for any, a list 1,3, a range 1-3, or a step */2`)
  }
  if (first > last) {
    throw refused(`must begin before it ends; write it as ${low}-${rule.max},${rule.min}-${high}`)
  }

  const values: number[] = []
  for (let value = first; value <= last; value += by) values.push(value)
  return { values, isAny: isAll && by === 1 }
}

function parseValue(text: string, { names, min }: Rule): number | null {
  const place = names.indexOf(text.toLowerCase())
  return place >= 0 ? place + min : parseNumber(text)
}

/** A whole number of 63 bits, as Go reads it, a sign before it allowed. */
function parseNumber(text: string): number | null {
  if (!/^[-+]?\d+$/.test(text)) return null
  const value = BigInt(text.replace(/^\+/, ''))
  return value < 0n || value >= 2n ** 63n ? null : Number(value)
}
