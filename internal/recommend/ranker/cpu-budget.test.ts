import { expect } from 'chai'
import { createCpuBudget } from './cpu-budget.ts'

describe('the CPU budget', () => {
  /** A budget whose clock is moved by hand, and work that takes so long. */
  function setUp() {
    const clock = { now: 1_000 }
    const budget = createCpuBudget(() => clock.now)
    const spend = (share: number, ms: number) => budget.spend(share, () => void (clock.now += ms))
    return { clock, spend }
  }

  it('lets work wait until its share of the time has paid for what was done', () => {
    const { clock, spend } = setUp()
    expect(spend(0.05, 1)).to.equal(false)
    clock.now += 20
    expect(spend(0.05, 3), 'one millisecond is saved').to.equal(true)
    expect(spend(0.05, 1), 'two are owed').to.equal(false)
    clock.now += 36
    expect(spend(0.05, 1)).to.equal(false)
    clock.now += 2
    expect(spend(0.05, 1)).to.equal(true)
  })

  it('spends its share of a long time, however the work comes', () => {
    for (const share of [0.05, 0.5]) {
      const { clock, spend } = setUp()
      let worked = 0
      while (clock.now < 101_000) {
        clock.now += 1
        if (spend(share, 2)) worked += 2
      }
      expect(worked / 100_000).to.be.closeTo(share, 0.001)
    }
  })

  it('saves up so little that nobody waits for what is done at a stretch', () => {
    const { clock, spend } = setUp()
    clock.now += 3_600_000
    let worked = 0
    while (spend(0.05, 1)) worked++
    expect(worked).to.be.within(2, 3)
  })
})
