import { isMap, isScalar, isSeq, parse, parseDocument } from 'yaml'
import type { Pair, YAMLMap } from 'yaml'

/**
 * What is told of a chart from the comments in its values.yaml: the schema by which Helm refuses wrong values, and the tables of its
 * README.
 *
 * The comment right above a value says what it is. Its type is that of its default: a map with keys takes no others, an empty one takes
 * any. A line `@schema {…}` at the comment's end, a map on one line, adds to what is checked: `enum`, `minimum`, `pattern`, the `type`
 * where the default is null, the `items` of a list.
 */
export function chartReference(
  head: string,
  values: string,
): { readonly readme: string; readonly schema: string } {
  const sections = sectionsOf(values)
  return {
    readme: `${head.trimEnd()}\n\n${tablesOf(sections).join('\n')}`,
    schema: `${JSON.stringify(rootSchema(sections), null, 2)}\n`,
  }
}

type Schema = Readonly<Record<string, unknown>>

/** One value, or a map of them. */
interface Value {
  readonly name: string
  readonly about: string
  readonly checks: Schema
  readonly standard: unknown
  /** Of a map with keys; none of a value. */
  readonly members: readonly Value[]
}

function sectionsOf(values: string): Value[] {
  const document = parseDocument(values)
  const [error] = document.errors
  if (error) throw error
  if (!isMap(document.contents)) throw new Error('values.yaml must hold a map')
  return membersOf(document.contents, '')
}

function membersOf(map: YAMLMap, path: string): Value[] {
  return map.items.map((pair, index) => {
    const { key } = pair
    if (!isScalar(key)) throw new Error(`${path}: a key is no text`)
    // Before a map's first key, the comment belongs to the map.
    const comment = key.commentBefore ?? (index === 0 ? map.commentBefore : undefined)
    return valueOf(pair, comment ?? '', path === '' ? String(key.value) : `${path}.${String(key.value)}`)
  })
}

function valueOf({ key, value }: Pair, comment: string, path: string): Value {
  const { about, checks } = readComment(comment, path)
  const name = String(isScalar(key) ? key.value : key)
  const standard: unknown =
    isMap(value) || isSeq(value) ? value.toJSON() : isScalar(value) ? value.value : value
  const members =
    isMap(value) && value.items.length > 0 && checks['additionalProperties'] === undefined
      ? membersOf(value, path)
      : []
  if (about === '' && members.length === 0) throw new Error(`${path}: no comment says what it is`)
  return { name, about, checks, standard, members }
}

/** Only the comment's last paragraph is about the value: what stands before it heads the file. */
function readComment(comment: string, path: string): { about: string; checks: Schema } {
  const lines = (comment.split(/\n\s*\n/).at(-1) ?? '').split('\n').map(line => line.trim())
  const isCheck = (line: string) => line.startsWith('@schema ')
  const checks = lines.filter(isCheck).map(line => {
    const read: unknown = parse(line.slice('@schema '.length))
    if (typeof read !== 'object' || read === null) throw new Error(`${path}: @schema must be a map: ${line}`)
    return read as Schema
  })
  const about = lines
    .filter(line => !isCheck(line))
    .join(' ')
    .trim()
  return { about, checks: Object.assign({}, ...checks) as Schema }
}

function rootSchema(sections: readonly Value[]): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    additionalProperties: false,
    properties: {
      ...propertiesOf(sections),
      global: { type: 'object', description: 'What Helm hands to all charts of a release; not used here.' },
    },
  }
}

const propertiesOf = (values: readonly Value[]) =>
  Object.fromEntries(values.map(value => [value.name, schemaOf(value)]))

function schemaOf({ about, checks, standard, members }: Value): Schema {
  return {
    ...(about !== '' && { description: about }),
    ...(members.length > 0
      ? { type: 'object', additionalProperties: false, properties: propertiesOf(members) }
      : { ...typeOf(standard), default: standard }),
    ...checks,
  }
}

function typeOf(standard: unknown): Schema {
  if (standard === null) return {}
  if (Array.isArray(standard)) return { type: 'array' }
  if (typeof standard === 'number') return { type: Number.isInteger(standard) ? 'integer' : 'number' }
  return { type: typeof standard }
}

/** A table for each map of values, after one of those that stand by themselves. */
function tablesOf(sections: readonly Value[]): string[] {
  const alone = sections.filter(({ members }) => members.length === 0)
  const maps = sections.filter(({ members }) => members.length > 0)
  return [
    ...(alone.length === 0
      ? []
      : [
          table(
            'General',
            '',
            alone.map(value => rowOf(value, value.name)),
          ),
        ]),
    ...maps.map(({ name, about, members }) => table(name, about, rowsOf(members, name))),
  ]
}

function table(heading: string, about: string, rows: readonly string[]): string {
  const words = about === '' ? '' : `${about}\n\n`
  return `### ${heading}\n\n${words}| value | unless set | what |\n|---|---|---|\n${rows.join('\n')}\n`
}

function rowsOf(values: readonly Value[], path: string): string[] {
  return values.flatMap(value => {
    const at = `${path}.${value.name}`
    if (value.members.length === 0) return [rowOf(value, at)]
    return [
      ...(value.about === '' ? [] : [`| \`${at}\` | | ${cell(value.about)} |`]),
      ...rowsOf(value.members, at),
    ]
  })
}

function rowOf({ about, standard, checks }: Value, path: string): string {
  const choices = Array.isArray(checks['enum'])
    ? ` One of ${checks['enum'].map(choice => `\`${String(choice)}\``).join(', ')}.`
    : ''
  return `| \`${path}\` | ${standard === null ? '' : `\`${cell(JSON.stringify(standard))}\``} | ${cell(about + choices)} |`
}

const cell = (text: string) => text.replaceAll('|', '\\|')
