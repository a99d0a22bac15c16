import { expect } from 'chai'
import { createCatchUp } from './catch-up.ts'

const ends = [
  { partition: 0, first: 10n, next: 20n },
  { partition: 1, first: 0n, next: 10n },
  { partition: 2, first: 5n, next: 5n },
]

describe('catching up', () => {
  it('is done when the end of each partition was reached, empty ones asked for nothing', () => {
    const catchUp = createCatchUp(ends)
    catchUp.reached(0, 20n)
    expect([catchUp.done, catchUp.progress()]).to.deep.equal([false, 0.5])
    catchUp.reached(1, 5n)
    expect([catchUp.done, catchUp.progress()]).to.deep.equal([false, 0.75])
    catchUp.reached(1, 10n)
    expect([catchUp.done, catchUp.progress()]).to.deep.equal([true, 1])
  })

  it('counts from where the reader begins', () => {
    const catchUp = createCatchUp(
      ends,
      new Map([
        [0, 18n],
        [1, 10n],
      ]),
    )
    catchUp.reached(0, 19n)
    expect(catchUp.progress()).to.equal(0.5)
    catchUp.reached(0, 20n)
    expect(catchUp.done).to.equal(true)
  })

  it('has nothing to do with an empty log', () => {
    expect(createCatchUp([]).done).to.equal(true)
  })
})
