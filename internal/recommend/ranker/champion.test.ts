import { expect } from 'chai'
import { createChampion } from './champion.ts'

function noted(
  places: readonly (readonly [learned: number, first: number, times: number])[],
  before?: boolean,
) {
  const champion = createChampion(before)
  for (const [learned, first, times] of places) {
    for (let n = 0; n < times; n++) champion.note(learned, first)
  }
  return champion
}

describe('champion and challenger', () => {
  it('are told by how often, and how far in front, the next view stood in the first 20', () => {
    const champion = noted([
      [1, 4, 1],
      [20, 21, 1],
      [0, 0, 2],
    ])
    expect(champion.learned).to.deep.equal({ hitRate: 2 / 4, reciprocalRank: (1 + 1 / 20) / 4 })
    expect(champion.first).to.deep.equal({ hitRate: 1 / 4, reciprocalRank: 1 / 4 / 4 })
    expect(champion.lessons).to.equal(4)
  })

  it('leave the weights in use that were, while fewer than 5,000 lessons are in', () => {
    for (const before of [true, false]) {
      expect(noted([], before).learnedWins).to.equal(before)
      expect(noted([[2, 1, 4_999]], before).learnedWins).to.equal(before)
      expect(noted([[2, 1, 5_000]], before).learnedWins).to.equal(false)
      expect(noted([[1, 2, 5_000]], before).learnedWins).to.equal(true)
    }
  })

  it('go back to the first weights once the learned ones are worse over the last 10,000 lessons', () => {
    expect(noted([[2, 1, 10_000]]).learnedWins).to.equal(false)
    expect(noted([[3, 3, 10_000]]).learnedWins).to.equal(true)
    expect(
      noted([
        [0, 0, 9_999],
        [2, 1, 1],
      ]).learnedWins,
    ).to.equal(false)
  })

  it('forget lessons of long ago', () => {
    const champion = noted([
      [2, 1, 20_000],
      [1, 2, 10_000],
    ])
    expect(champion.learnedWins).to.equal(true)
    expect(champion.learned.hitRate).to.equal(1)
    expect(champion.learned.reciprocalRank).to.equal(1)
    expect(champion.lessons).to.equal(10_000)
  })
})
