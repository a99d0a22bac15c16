import { expect } from 'chai'
import fc from 'fast-check'
import { Sums } from './sums.ts'

const values = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3_000 })

function sumsOf(list: readonly number[]): Sums {
  const sums = new Sums()
  sums.fit(list.length)
  sums.values.set(list)
  return sums
}

describe('sums', () => {
  it('begin with 0, also after others stood in their places', () => {
    fc.assert(
      fc.property(values, fc.nat(4_000), (list, length) => {
        const sums = sumsOf(list)
        sums.clear()
        sums.fit(length)
        expect(sums.values.subarray(0, sums.length).every(value => value === 0)).to.equal(true)
        expect([sums.length, sums.get(length), sums.total]).to.deep.equal([length, 0, 0])
      }),
    )
  })

  it('are added to others, by number', () => {
    fc.assert(
      fc.property(values, values, (list, others) => {
        const to = sumsOf(others)
        sumsOf(list).addTo(to, 2)
        const length = Math.max(list.length, others.length)
        const expected = Array.from({ length }, (_, n) => (others[n] ?? 0) + 2 * (list[n] ?? 0))
        expect([...to.values.subarray(0, to.length)]).to.deep.equal(expected)
      }),
    )
  })

  it('become shares of 1', () => {
    const sums = sumsOf([1, 0, 3])
    sums.toShares()
    expect([sums.get(0), sums.get(1), sums.get(2), sums.get(3)]).to.deep.equal([0.25, 0, 0.75, 0])
    const others = sumsOf([1, 1])
    sumsOf([0, 1, 3]).toSharesIn(others, 2)
    expect([others.get(0), others.get(1), others.get(2)]).to.deep.equal([1, 1.5, 1.5])
    const nothing = sumsOf([0, 0])
    nothing.toShares()
    expect(nothing.total).to.equal(0)
  })
})
