import { expect } from 'chai'
import { discountedGain, gini, hit, percentile, reciprocalRank } from './metrics.ts'

describe('metrics', () => {
  it('give a product at the top everything, further down less, and one that is missing nothing', () => {
    expect([1, 2, 4, 0].map(hit)).to.deep.equal([1, 1, 1, 0])
    expect([1, 2, 4, 0].map(reciprocalRank)).to.deep.equal([1, 0.5, 0.25, 0])
    expect([1, 3, 7, 0].map(discountedGain)).to.deep.equal([1, 0.5, 1 / 3, 0])
  })

  it('call a catalogue of which all is shown alike even, and one of which one product is shown uneven', () => {
    expect(gini([5, 5, 5, 5], 4)).to.be.closeTo(0, 1e-12)
    expect(gini([9], 10)).to.be.closeTo(0.9, 1e-12)
    expect(gini([], 10)).to.equal(0)
  })

  it('measure uneven exposure as the mean difference over twice the mean', () => {
    // |1-3| + |1-0| + |3-0|, each pair twice, over 2 · 3² · (4/3)
    expect(gini([1, 3], 3)).to.be.closeTo(12 / 24, 1e-12)
  })

  it('take percentiles from the values themselves', () => {
    const values = [1, 2, 3, 4]
    expect([0, 25, 50, 51, 99, 100].map(percent => percentile(values, percent))).to.deep.equal([
      1, 1, 2, 3, 4, 4,
    ])
    expect(percentile([], 50)).to.equal(null)
  })
})
