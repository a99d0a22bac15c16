import { expect } from 'chai'
import { bootstrapMeans, intervalOf } from './intervals.ts'
import { drained } from './test-support.ts'

const visits = 400
const questions = new Float64Array(visits).fill(2)
const hits = Float64Array.from({ length: visits }, (_, visit) => visit % 3)

describe('intervals', () => {
  it('are the same each time', () => {
    const once = () => drained(bootstrapMeans({ questions, sums: [hits] }))
    expect(once()).to.deep.equal(once())
  })

  it('hold the mean, about as wide as the normal approximation says', () => {
    const [rounds] = drained(bootstrapMeans({ questions, sums: [hits] }))
    const { low, high } = intervalOf(rounds as Float64Array)
    const mean = hits.reduce((sum, value) => sum + value, 0) / (2 * visits)
    expect(low).to.be.below(mean)
    expect(high).to.be.above(mean)
    // The standard deviation of 0, 1, 2 in equal parts is √(2/3); there are two questions a visit.
    expect(high - low).to.be.closeTo((2 * 1.96 * Math.sqrt(2 / 3)) / 2 / Math.sqrt(visits), 0.01)
  })

  it('are paired: two measures that always differ by the same amount differ by it in every round', () => {
    const better = hits.map(value => value + 1)
    const [first, second] = drained(bootstrapMeans({ questions, sums: [hits, better] }))
    const differences = (second as Float64Array).map((value, round) => value - (first?.[round] as number))
    const { low, high } = intervalOf(differences)
    expect(low).to.be.closeTo(0.5, 1e-9)
    expect(high).to.be.closeTo(0.5, 1e-9)
  })
})
