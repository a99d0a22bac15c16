import { expect } from 'chai'
import fc from 'fast-check'
import { isId } from './id.ts'
import { checkView, parseProductView, parseStoredView, viewToJson } from './product-view-json.ts'
import type { ProductView } from './product-view.ts'

const now = Date.UTC(2026, 10, 1, 10)
const defaults = { newId: () => 'made-id', now }
const good = {
  event: 'ProductView',
  messageid: '6b1291ea-e50d-425b-9940-44c2aff089c1',
  userid: 'user-78',
  properties: { productid: 'product-173' },
  context: { source: 'desktop' },
  timestamp: '2026-11-01T10:00:00.000Z',
}

const parse = (text: string | Buffer) => parseProductView(Buffer.from(text), defaults)
const refusal = (change: object) => {
  const parsed = checkView({ ...good, ...change }, defaults)
  return parsed.ok ? null : { reason: parsed.reason, field: parsed.field }
}

describe('a view on its way in', () => {
  it('is read as the shop wrote it', () => {
    expect(parse(JSON.stringify(good))).to.deep.equal({
      ok: true,
      view: {
        messageId: good.messageid,
        userId: 'user-78',
        productId: 'product-173',
        source: 'desktop',
        timestamp: now,
      },
    })
  })

  it('gets an id, the time of arrival and an unknown source where it has none', () => {
    const { event, userid, properties } = good
    expect(checkView({ event, userid, properties }, defaults)).to.deep.equal({
      ok: true,
      view: {
        messageId: 'made-id',
        userId: 'user-78',
        productId: 'product-173',
        source: 'unknown',
        timestamp: now,
      },
    })
  })

  const refused: [string, object, string, string][] = [
    ['another event', { event: 'Purchase' }, 'wrong-event', '/event'],
    ['no user', { userid: undefined }, 'missing-field', '/userid'],
    ['a number as user', { userid: 78 }, 'wrong-type', '/userid'],
    ['an empty user', { userid: '' }, 'bad-id', '/userid'],
    ['a user of 257 bytes', { userid: 'é'.repeat(128) + 'x' }, 'bad-id', '/userid'],
    ['a control character', { userid: 'a\u0000b' }, 'bad-id', '/userid'],
    ['a lone surrogate', { userid: '\ud800' }, 'bad-id', '/userid'],
    ['no product', { properties: {} }, 'missing-field', '/properties/productid'],
    ['a list of properties', { properties: [] }, 'wrong-type', '/properties'],
    ['properties of null', { properties: null }, 'wrong-type', '/properties'],
    ['a day that no calendar has', { timestamp: '2026-02-30T10:00:00Z' }, 'bad-timestamp', '/timestamp'],
    ['a time without offset', { timestamp: '2026-02-01T10:00:00' }, 'bad-timestamp', '/timestamp'],
    ['a number as time', { timestamp: now }, 'wrong-type', '/timestamp'],
    ['a time in the future', { timestamp: '2026-11-01T10:05:00.001Z' }, 'in-the-future', '/timestamp'],
    ['a time before 2000', { timestamp: '1999-12-31T23:59:59Z' }, 'too-old', '/timestamp'],
  ]
  for (const [what, change, reason, field] of refused) {
    it(`is refused with ${what}, naming ${field}`, () => {
      expect(refusal(change)).to.deep.equal({ reason, field })
    })
  }

  it('may be five minutes ahead', () => {
    expect(refusal({ timestamp: '2026-11-01T10:05:00.000Z' })).to.equal(null)
  })

  it('is refused in words when it is no UTF-8, no JSON or no object', () => {
    expect(parse(Buffer.from([0x7b, 0xff]))).to.include({ ok: false, reason: 'not-utf8' })
    expect(parse('{"a":')).to.include({ ok: false, reason: 'not-json' })
    for (const text of ['null', '[]', '7', '"x"']) expect(parse(text)).to.include({ ok: false })
  })

  it('pollutes nothing and lets the last of duplicate keys win', () => {
    const text = JSON.stringify(good).replace(
      '{',
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"userid":"first",',
    )
    expect(parse(text)).to.have.nested.property('view.userId', 'user-78')
    expect(({} as { polluted?: number }).polluted).to.equal(undefined)
  })

  it('never throws, however deep or large it is', () => {
    const deep = '['.repeat(10_000) + ']'.repeat(10_000)
    expect(parse(deep)).to.include({ ok: false })
    expect(parse(`{"properties":${deep}}`)).to.include({ ok: false })
    expect(parse('x'.repeat(2_000_000))).to.include({ ok: false, reason: 'not-json' })
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        bytes => typeof parse(Buffer.from(bytes)).ok === 'boolean',
      ),
    )
    fc.assert(fc.property(fc.json(), text => typeof parse(text).ok === 'boolean'))
  })

  it('comes out of the log as it went in, whatever its ids', () => {
    const id = fc
      .oneof(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
        fc.constantFrom('__proto__', "'; DROP TABLE x; --", '../../etc', '${7*7}', '%00', 'null'),
      )
      .filter(isId)
    const view: fc.Arbitrary<ProductView> = fc.record({
      messageId: id,
      userId: id,
      productId: id,
      source: id,
      timestamp: fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2100, 0, 1) }),
    })
    fc.assert(
      fc.property(view, original => {
        const stored = parseStoredView(Buffer.from(viewToJson(original)), { messageId: 'x', timestamp: 0 })
        expect(stored).to.deep.equal({ ok: true, view: original })
      }),
    )
  })
})
