import { expect } from 'chai'
import fc from 'fast-check'
import { compareBytes } from './product-view.ts'

describe('the order of ids', () => {
  it('is the order of their UTF-8 bytes, also beyond the basic plane', () => {
    const text = fc.string({ unit: 'binary', maxLength: 6 })
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareBytes(a, b))).to.equal(Buffer.compare(Buffer.from(a), Buffer.from(b)))
      }),
      {
        examples: [
          ['\u{1f600}', '\uffee'],
          ['a', 'a'],
          ['', 'a'],
        ],
      },
    )
  })
})
