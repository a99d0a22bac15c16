import { expect } from 'chai'
import { parseAllDocuments } from 'yaml'
import { buildCrd, objectSchema } from './crd.ts'
import { parseEtlSchedule } from './etl-schedule.ts'
import { etlSchedulePage } from './reference-page.ts'
import { celKey } from './rules.ts'
import type { Json } from './crd.ts'

interface Node {
  readonly path: string
  readonly schema: Json
}

/** The schema and all below it: what `items` holds has a path that ends in []. */
function* nodesOf(schema: Json, path: string): Generator<Node> {
  yield { path, schema }
  for (const [name, field] of Object.entries((schema['properties'] ?? {}) as Record<string, Json>)) {
    yield* nodesOf(field, `${path}.${name}`)
  }
  if (schema['items']) yield* nodesOf(schema['items'] as Json, `${path}[]`)
}

const schema = objectSchema()
const nodes = [...nodesOf(schema, '')]
const fields = nodes.filter(({ path }) => path !== '' && path !== '.metadata')
const pathsWhere = (wrong: (schema: Json) => boolean) =>
  fields.filter(node => wrong(node.schema)).map(({ path }) => path)

describe('the CustomResourceDefinition of EtlSchedules', () => {
  it('has fields at all', () => {
    expect(fields.map(({ path }) => path)).to.include.members([
      '.spec.source.query',
      '.status.recentRuns[].traceId',
    ])
    expect(fields).to.have.length.greaterThan(70)
  })

  it('describes every field', () => {
    const isSentence = (text: unknown) => typeof text === 'string' && /^\S.*\.$/.test(text)
    expect(pathsWhere(({ description }) => !isSentence(description))).to.deep.equal([])
  })

  it('bounds every string, list and integer', () => {
    const unbounded = pathsWhere(field => {
      const { type, maxLength, maxItems, minimum, maximum } = field
      if (type === 'string' || field['x-kubernetes-int-or-string'])
        return maxLength === undefined && !field['enum']
      if (type === 'array') return maxItems === undefined
      return type === 'integer' && (minimum === undefined || maximum === undefined)
    })
    expect(unbounded).to.deep.equal([])
  })

  it('is structural: each field has one type, and nothing but what the API server knows', () => {
    const known = new Set(
      'type description default properties required items enum format pattern minimum maximum minLength maxLength maxItems'.split(
        ' ',
      ),
    )
    const isKnown = (key: string) => known.has(key) || key.startsWith('x-kubernetes-')
    expect(pathsWhere(field => !field['type'] && !field['x-kubernetes-int-or-string'])).to.deep.equal([])
    expect(pathsWhere(field => !Object.keys(field).every(isKnown))).to.deep.equal([])
  })

  it('says what to do in the message of every rule', () => {
    const rules = nodes.flatMap(node => (node.schema[celKey] ?? []) as { rule: string; message: string }[])
    expect(rules).to.have.length.greaterThan(15)
    for (const { rule, message } of rules) {
      expect(rule).to.match(/\bself\b/)
      expect(message).to.match(/must|cannot/)
    }
  })

  it('holds one condition a type, and awaits the first visit of a controller', () => {
    const status = nodes.find(({ path }) => path === '.status')?.schema
    const conditions = nodes.find(({ path }) => path === '.status.conditions')?.schema
    expect(status?.['default']).to.deep.equal({ observedGeneration: -1 })
    expect(conditions).to.include({ 'x-kubernetes-list-type': 'map' })
    expect(conditions?.['x-kubernetes-list-map-keys']).to.deep.equal(['type'])
  })

  it('tells its release', () => {
    expect(buildCrd('1.2.3').metadata.annotations).to.deep.equal({ 'vitrine.dev/release': '1.2.3' })
  })
})

describe('the page about EtlSchedules', () => {
  const page = etlSchedulePage()

  it('shows EtlSchedules that are accepted', () => {
    const blocks = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, text]) => text as string)
    const shown = blocks
      .flatMap(text => parseAllDocuments(text))
      .map(document => document.toJS() as { kind: string })
      .filter(({ kind }) => kind === 'EtlSchedule')
    expect(shown).to.have.length(2)
    for (const object of shown) parseEtlSchedule(object, { unknownFields: 'refuse' })
  })

  it('names every field of the spec', () => {
    const paths = fields
      .filter(({ path }) => path.startsWith('.spec.'))
      .map(({ path }) => path.slice('.spec.'.length))
    expect(paths.filter(path => !page.includes(`| \`${path}\` |`))).to.deep.equal([])
  })
})
