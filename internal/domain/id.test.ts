import { expect } from 'chai'
import fc from 'fast-check'
import { idKeywords, isId, maxIdBytes } from './id.ts'

describe('an id', () => {
  it('may be any well-formed text of 1 to 256 bytes without control characters', () => {
    for (const id of [
      'user-1',
      '__proto__',
      "'; DROP TABLE x --",
      '../..',
      'é',
      '\u{1f600}'.repeat(64),
      ' ',
      '%00',
    ]) {
      expect(isId(id), id).to.equal(true)
    }
  })

  it('is refused when empty, too long, half a character or with a control character', () => {
    for (const id of [
      '',
      'x'.repeat(257),
      '\u{1f600}'.repeat(65),
      '\ud800',
      'a\u0000b',
      'a\nb',
      '\u007f',
      '\u0085',
    ]) {
      expect(isId(id), JSON.stringify(id)).to.equal(false)
    }
  })

  it('is documented as it is checked, as far as JSON Schema goes: it counts no bytes', () => {
    const documented = (text: string) =>
      text.length >= idKeywords.minLength &&
      text.length <= idKeywords.maxLength &&
      new RegExp(idKeywords.pattern, 'u').test(text)
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ unit: 'grapheme', minLength: 60, maxLength: 300 }),
    )
    fc.assert(
      fc.property(text, given => {
        expect(documented(given) && Buffer.byteLength(given) <= maxIdBytes).to.equal(isId(given))
      }),
    )
  })

  it('comes out of UTF-8 as it went in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }).filter(isId), id => {
        expect(Buffer.from(id).toString()).to.equal(id)
      }),
    )
  })
})
