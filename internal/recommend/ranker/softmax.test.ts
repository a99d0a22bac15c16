import { expect } from 'chai'
import fc from 'fast-check'
import { createLearner, scoresOf, toChances } from './softmax.ts'

const size = 3
const small = fc.double({ min: -3, max: 3, noNaN: true })
const list = (length: number) => fc.array(small, { minLength: length, maxLength: length })
const lesson = fc
  .integer({ min: 2, max: 6 })
  .chain(count =>
    fc.record({ rows: list(count * size), taken: fc.nat(count - 1), count: fc.constant(count) }),
  )

/** How surprised such weights are by the lesson, and how far they are from where they began. */
function loss(weights: number[], first: number[], pull: number, rows: number[], taken: number): number {
  const chances = new Float64Array(rows.length / size)
  scoresOf(weights, Float64Array.from(rows), chances.length, chances)
  toChances(chances, chances.length)
  const distance = weights.reduce((sum, weight, j) => sum + (weight - (first[j] as number)) ** 2, 0)
  return (pull / 2) * distance - Math.log(chances[taken] as number)
}

describe('the learner', () => {
  it('goes down the slope of its loss, by a step that its memory sets', () => {
    fc.assert(
      fc.property(lesson, list(size), list(size), ({ rows, taken, count }, first, weights) => {
        const [rate, pull, keep, memory] = [0.1, 0.2, 0.9, 0.5]
        const from = { weights, memory: weights.map(() => memory) }
        const learner = createLearner(first, from, { rate, pull, keep })
        learner.learn(Float64Array.from(rows), count, taken)
        for (let j = 0; j < size; j++) {
          const moved = (by: number) => weights.map((weight, k) => (k === j ? weight + by : weight))
          const at = (by: number) => loss(moved(by), first, pull, rows, taken)
          const slope = (at(1e-5) - at(-1e-5)) / 2e-5
          const remembered = keep * memory + slope * slope
          expect(learner.memory[j]).to.be.closeTo(remembered, 1e-4)
          expect(learner.weights[j]).to.be.closeTo(
            (weights[j] as number) - (rate * slope) / Math.sqrt(remembered),
            1e-4,
          )
        }
      }),
    )
  })

  it('learns what visitors go by', () => {
    const learner = createLearner([1, 0, 0], null, { rate: 0.05, pull: 1e-4, keep: 1 - 1 / 2_000 })
    let state = 7
    const random = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 31 - 1
    let right = 0
    for (let n = 0; n < 500; n++) {
      const rows = Float64Array.from({ length: 5 * size }, random)
      // They take the least of the second feature, and the first says nothing.
      const second = [0, 1, 2, 3, 4].map(c => rows[c * size + 1] as number)
      const taken = second.indexOf(Math.min(...second))
      const scores = new Float64Array(5)
      scoresOf(learner.weights, rows, 5, scores)
      if (n >= 400 && scores.indexOf(Math.max(...scores)) === taken) right++
      learner.learn(rows, 5, taken)
    }
    expect(right, 'of the last 100').to.be.at.least(60)
    expect(learner.weights[1]).to.be.lessThan(-1)
    expect(Math.abs(learner.weights[0] as number)).to.be.lessThan(0.7)
  })

  it('goes on where another stopped', () => {
    fc.assert(
      fc.property(fc.array(lesson, { minLength: 2, maxLength: 8 }), fc.nat(8), (lessons, stop) => {
        const rate = { rate: 0.05, pull: 1e-4, keep: 0.99 }
        const first = [1, 0, 0]
        const one = createLearner(first, null, rate)
        let relay = createLearner(first, null, rate)
        for (const [n, { rows, count, taken }] of lessons.entries()) {
          if (n === stop) {
            relay = createLearner(first, { weights: [...relay.weights], memory: [...relay.memory] }, rate)
          }
          for (const learner of [one, relay]) learner.learn(Float64Array.from(rows), count, taken)
        }
        expect(relay.weights).to.deep.equal(one.weights)
        expect(relay.memory).to.deep.equal(one.memory)
      }),
    )
  })
})

describe('chances', () => {
  it('are shares of 1 in the order of the scores, however large these are', () => {
    const scores = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(scores, list => {
        const chances = Float64Array.from(list)
        toChances(chances, chances.length)
        expect(chances.reduce((sum, chance) => sum + chance, 0)).to.be.closeTo(1, 1e-9)
        for (const [i, score] of list.entries()) {
          for (const [j, other] of list.entries()) {
            if (score > other) expect(chances[i]).to.be.at.least(chances[j] as number)
          }
        }
      }),
    )
  })
})
