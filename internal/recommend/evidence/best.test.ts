import { expect } from 'chai'
import fc from 'fast-check'
import { Best } from './best.ts'

describe('best', () => {
  it('keeps the best in order, as sorting all would', () => {
    const best = new Best(64, (a, b) => a < b)
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.nat(500), fc.integer({ min: 0, max: 20 })), {
          selector: ([number]) => number,
          maxLength: 150,
        }),
        fc.nat(80),
        (list, limit) => {
          best.start(limit)
          for (const [number, score] of list) best.offer(number, score)
          best.sort()
          const expected = list
            .toSorted((a, b) => b[1] - a[1] || a[0] - b[0])
            .slice(0, Math.min(limit, 64))
            .map(([number]) => number)
          expect([...best.numbers.subarray(0, best.size)]).to.deep.equal(expected)
        },
      ),
      { numRuns: 500 },
    )
  })
})
