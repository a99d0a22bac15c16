import { expect } from 'chai'
import { setImmediate as turn } from 'node:timers/promises'
import { forEachAtMost } from './concurrent.ts'

describe('work on many items', () => {
  it('is done for each once, never more at once than the limit', async () => {
    const done: number[] = []
    let atWork = 0
    let most = 0
    async function* items() {
      for (let i = 0; i < 50; i++) {
        await turn()
        yield i
      }
    }
    for (const source of [items(), Array.from({ length: 50 }, (_, i) => i)]) {
      await forEachAtMost(4, source, async item => {
        atWork += 1
        most = Math.max(most, atWork)
        await turn()
        await turn()
        done.push(item)
        atWork -= 1
      })
    }
    expect(done.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 100 }, (_, i) => i >> 1))
    expect(most).to.equal(4)
  })

  it('ends with the first failure, after what was begun', async () => {
    let begun = 0
    let ended = 0
    let closed = false
    function* items() {
      try {
        for (;;) yield begun
      } finally {
        closed = true
      }
    }
    const error = await forEachAtMost(3, items(), async () => {
      const mine = (begun += 1)
      await turn()
      ended += 1
      if (mine === 5) throw new Error('the fifth')
    }).catch((e: unknown) => e)
    expect((error as Error).message).to.equal('the fifth')
    expect(ended).to.equal(begun)
    expect(closed).to.equal(true)
  })
})
