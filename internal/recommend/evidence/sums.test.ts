import { expect } from 'chai'
import fc from 'fast-check'
import { createBest, createSums } from './sums.ts'

const pairs = fc.array(fc.tuple(fc.nat(3_000), fc.integer({ min: 1, max: 9 })), { maxLength: 200 })

describe('sums', () => {
  it('add up by number, and are empty again after clear', () => {
    const sums = createSums()
    fc.assert(
      fc.property(pairs, list => {
        const expected = new Map<number, number>()
        for (const [number, x] of list) {
          sums.add(number, x)
          expected.set(number, (expected.get(number) ?? 0) + x)
        }
        const got = Array.from({ length: sums.size }, (_, n) => [sums.number(n), sums.get(sums.number(n))])
        expect(got).to.deep.equal([...expected])
        sums.clear()
        expect(sums.size).to.equal(0)
        expect(list.every(([number]) => sums.get(number) === 0)).to.equal(true)
      }),
    )
  })

  it('become shares of 1', () => {
    const sums = createSums()
    sums.add(3, 1)
    sums.add(2000, 3)
    sums.toShares()
    expect([sums.get(3), sums.get(2000), sums.get(4)]).to.deep.equal([0.25, 0.75, 0])
  })
})

describe('best', () => {
  it('keeps the best in order, as sorting all would', () => {
    const best = createBest(64, (a, b) => a < b)
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
