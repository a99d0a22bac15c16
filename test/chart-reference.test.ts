import { expect } from 'chai'
import { chartReference } from '../docs/chart-reference.ts'

const values = `# Heads the file.

# Whom it serves.
shop:
  # Its name.
  # @schema {pattern: "^[a-z]+$"}
  name: corner
  # How it sells.
  # @schema {enum: [online, till]}
  kind: online
  # Labels | of all objects.
  labels: {}
  # How many branches.
  # @schema {type: [integer, "null"], minimum: 1}
  branches: null
# Whether it is open.
open: true
`

describe('What is told of a chart', () => {
  const { readme, schema } = chartReference('# A chart\n', values)

  it('is what the comments above its values say, and their defaults', () => {
    expect(readme).to.equal(`# A chart

### General

| value | unless set | what |
|---|---|---|
| \`open\` | \`true\` | Whether it is open. |

### shop

Whom it serves.

| value | unless set | what |
|---|---|---|
| \`shop.name\` | \`"corner"\` | Its name. |
| \`shop.kind\` | \`"online"\` | How it sells. One of \`online\`, \`till\`. |
| \`shop.labels\` | \`{}\` | Labels \\| of all objects. |
| \`shop.branches\` |  | How many branches. |
`)
  })

  it('lets Helm refuse what is not among its values, or of another type', () => {
    const { properties, additionalProperties } = JSON.parse(schema)
    expect(additionalProperties).to.equal(false)
    expect(properties.shop.additionalProperties).to.equal(false)
    expect(properties.shop.properties).to.deep.equal({
      name: { description: 'Its name.', type: 'string', default: 'corner', pattern: '^[a-z]+$' },
      kind: { description: 'How it sells.', type: 'string', default: 'online', enum: ['online', 'till'] },
      labels: { description: 'Labels | of all objects.', type: 'object', default: {} },
      branches: { description: 'How many branches.', default: null, type: ['integer', 'null'], minimum: 1 },
    })
    expect(properties.open.type).to.equal('boolean')
  })

  it('is missing of no value: one without a comment is an error that names it', () => {
    expect(() => chartReference('', 'shop:\n  name: corner\n')).to.throw('shop.name')
  })
})
