import { expect } from 'chai'
import fc from 'fast-check'
import { none } from '../index/columns.ts'
import { createNumberMap } from './number-map.ts'

const anyNumber = fc.oneof(fc.nat(50), fc.integer({ min: 0, max: none - 1 }))

describe('number map', () => {
  it('gives what was set last, and none for what was not, however many there are', () => {
    const map = createNumberMap()
    fc.assert(
      fc.property(fc.array(fc.tuple(anyNumber, fc.nat()), { maxLength: 4_000, size: 'max' }), pairs => {
        map.clear()
        for (const [key, value] of pairs) map.set(key, value)
        const expected = new Map(pairs)
        for (const key of [...expected.keys(), 7, 8, 9]) {
          expect(map.get(key)).to.equal(expected.get(key) ?? none)
        }
      }),
      { numRuns: 50 },
    )
  })
})
