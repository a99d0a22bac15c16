import { expect } from 'chai'
import { InvalidInput } from '#internal/errors/errors.ts'
import { readScheduleFile } from './schedule-file.ts'

const orders = `
apiVersion: vitrine.dev/v1alpha1
kind: EtlSchedule
metadata: { name: orders }
spec:
  pipeline: orders
  schedule: '*/15 * * * *'
  source: { secretRef: { name: shop-database } }
`
const secret = `
apiVersion: v1
kind: Secret
metadata: { name: shop-database }
stringData: { uri: 'postgres://plain' }
data: { uri: ${btoa('postgres://encoded')}, other: ${btoa('postgres://other')} }
`
const documents = (...texts: string[]) => texts.join('\n---\n')

describe('files of EtlSchedules', () => {
  it('are read as kubectl applies them: documents, Lists, and JSON', () => {
    const list = { apiVersion: 'v1', kind: 'List', items: [{ kind: 'ConfigMap', metadata: { name: 'a' } }] }
    const products = orders.replace('name: orders', 'name: products').replace(': orders', ': products')
    const file = readScheduleFile(documents('# shop', orders, JSON.stringify(list), products, '', '# end'))
    expect(file.schedules.map(({ metadata, spec }) => [metadata.name, spec.pipeline])).to.deep.equal([
      ['orders', 'orders'],
      ['products', 'products'],
    ])
    expect(file.schedules[0]?.spec).to.include({ timeZone: 'Etc/UTC', concurrencyPolicy: 'Forbid' })
    expect(file.others).to.deep.equal(['ConfigMap a'])
  })

  it('may bring their Secrets, plain or in base64, by namespace and name', () => {
    const file = readScheduleFile(documents(orders, secret))
    const at = (name: string, key: string, namespace = 'default') =>
      file.secretValue(namespace, { name, key })
    expect(at('shop-database', 'uri')).to.equal('postgres://plain')
    expect(at('shop-database', 'other')).to.equal('postgres://other')
    expect(at('shop-database', 'uri', 'shop')).to.equal(null)
    expect(at('another', 'uri')).to.equal(null)
    expect(() => at('shop-database', 'url')).to.throw(InvalidInput, 'Secret shop-database has no key url')
  })

  it('lie in the namespace that they name, or else in the one given', () => {
    const elsewhere = orders.replace('{ name: orders }', '{ name: elsewhere, namespace: other }')
    const { schedules } = readScheduleFile(documents(orders, elsewhere), { namespace: 'shop' })
    expect(schedules.map(({ metadata }) => metadata.namespace)).to.deep.equal(['shop', 'other'])
    expect(readScheduleFile(orders).schedules[0]?.metadata.namespace).to.equal('default')
  })

  const wrong: readonly (readonly [what: string, text: string, words: string])[] = [
    ['nothing', '', 'there is no EtlSchedule in it; found: nothing'],
    ['none', secret, 'found: Secret shop-database'],
    ['no YAML', 'kind: [', 'it is not YAML: '],
    ['no object', '- 1', 'each with kind and metadata'],
    ['one name twice', documents(orders, orders), 'EtlSchedule orders is in it twice'],
    [
      'a wrong field',
      orders.replace('orders\n', 'pears\n'),
      'EtlSchedule orders: spec.pipeline "pears" must be',
    ],
    ['a schedule that is none', orders.replace('*/15', '61'), 'minute "61" must be 0 to 59'],
    [
      'a wrong field of their second document',
      documents(secret, orders.replace('orders\n', 'pears\n')),
      'document 2: EtlSchedule orders: spec.pipeline "pears" must be',
    ],
    ['a second document that is no YAML', documents(orders, 'kind: ['), 'document 2: it is not YAML: '],
    [
      'a misspelt field',
      `${orders}  suspended: true\n`,
      'EtlSchedule orders: spec.suspended is an unknown field; correct its name or remove it',
    ],
    ['a zone that is none', `${orders}  timeZone: europe/berlin\n`, 'europe/berlin'],
  ]
  for (const [what, text, words] of wrong) {
    it(`are refused with ${what}, in words`, () => {
      expect(() => readScheduleFile(text)).to.throw(InvalidInput, words)
    })
  }

  it('never repeat what a Secret holds', () => {
    const broken = secret.replace("uri: 'postgres://plain'", 'uri: { hidden: 1 }')
    const file = readScheduleFile(documents(orders, broken))
    expect(() => file.secretValue('default', { name: 'shop-database', key: 'uri' }))
      .to.throw(InvalidInput, 'stringData of Secret shop-database must hold text')
      .with.property('message')
      .that.does.not.include('hidden')
  })
})
