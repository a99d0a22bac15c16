import type { Json } from './crd.ts'

/** A table in Markdown of the fields below a schema, each by its path; `shows` may leave some out. */
export function fieldTable(schema: Json, shows: (path: string) => boolean = () => true): string {
  const fields = fieldsOf(schema, '').filter(({ path }) => shows(path))
  const rows = fields.map(
    ({ path, type, standard, description }) =>
      `| \`${path}\` | ${type} | ${standard} | ${description.replaceAll('|', '\\|')} |`,
  )
  return ['| field | type | unless set | what |', '|---|---|---|---|', ...rows].join('\n')
}

interface Field {
  readonly path: string
  readonly type: string
  readonly standard: string
  readonly description: string
}

function fieldsOf(schema: Json, prefix: string): Field[] {
  const required = (schema['required'] ?? []) as string[]
  return Object.entries((schema['properties'] ?? {}) as Record<string, Json>).flatMap(([name, field]) => {
    const path = `${prefix}${name}`
    const row = {
      path,
      type: typeText(field),
      standard: required.includes(name) ? 'required' : standardText(field['default']),
      description: (field['description'] ?? '') as string,
    }
    const items = field['items'] as Json | undefined
    return [row, ...(items ? fieldsOf(items, `${path}[].`) : fieldsOf(field, `${path}.`))]
  })
}

function standardText(standard: unknown): string {
  if (
    standard === undefined ||
    (typeof standard === 'object' && Object.keys(standard as object).length === 0)
  )
    return ''
  return `\`${typeof standard === 'string' ? standard : JSON.stringify(standard)}\``
}

function typeText(field: Json): string {
  const { type, items, maxItems, minimum, maximum } = field
  if (field['enum']) return (field['enum'] as string[]).map(value => `\`${value}\``).join(', ')
  if (field['x-kubernetes-int-or-string']) return 'quantity'
  if (type === 'array') return `up to ${String(maxItems)} of ${typeText(items as Json)}`
  if (field['format'] === 'date-time') return 'time'
  if (type !== 'integer') return String(type)
  return maximum === Number.MAX_SAFE_INTEGER ? 'integer' : `integer, ${String(minimum)} to ${String(maximum)}`
}
