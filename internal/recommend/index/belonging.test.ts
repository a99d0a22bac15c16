import { expect } from 'chai'
import fc from 'fast-check'
import { createBelonging } from './belonging.ts'
import type { Belonging } from './belonging.ts'

type Change = (belonging: Belonging) => void

const user = fc.constantFrom('ann', 'ben', 'guest')
const time = fc.integer({ min: 1, max: 30 })
const product = fc.option(fc.constantFrom('a', 'b'))
const forgetting = fc.tuple(user, product, time).map(
  ([userId, productId, at]): Change =>
    belonging =>
      belonging.forget(userId, productId, at),
)
const takingOver = fc
  .tuple(user, user, time)
  .filter(([by, guest]) => by !== guest)
  .map(
    ([by, guest, upTo]): Change =>
      belonging =>
        belonging.takeOver(by, guest, upTo),
  )

/** Whose each view would be. */
function ownersAfter(changes: readonly Change[]): (string | null)[] {
  const belonging = createBelonging()
  for (const change of changes) change(belonging)
  return owners(belonging)
}
const owners = (belonging: Belonging) =>
  ['ann', 'ben', 'guest'].flatMap(userId =>
    ['a', 'b'].flatMap(productId =>
      Array.from({ length: 32 }, (_, at) => belonging.ownerOf(userId, productId, at)),
    ),
  )

describe('whose a view is', () => {
  it('depends on what was forgotten and taken over, not on what came first or twice', () => {
    const changes = fc.array(fc.oneof(forgetting, takingOver), { maxLength: 8 })
    fc.assert(
      fc.property(changes, list => {
        expect(ownersAfter([...list.toReversed(), ...list])).to.deep.equal(ownersAfter(list))
      }),
      { numRuns: 500 },
    )
  })

  it('takes no more memory however often the same is deleted or taken over, and what was deleted stays so', () => {
    const belonging = createBelonging()
    const deleteAll = (n: number) => {
      belonging.forget('guest', 'a', n)
      belonging.forget('guest', null, n)
      belonging.takeOver('ann', 'guest', n)
    }
    for (let n = 0; n < 100; n++) deleteAll(n)
    const bytes = belonging.bytes()
    for (let n = 100; n < 10_000; n++) deleteAll(n)
    expect(belonging.bytes()).to.equal(bytes)
    for (let n = 0; n < 10_000; n += 7) expect(belonging.ownerOf('guest', 'b', n)).to.equal(null)
    expect(belonging.ownerOf('guest', 'b', 10_000)).to.equal('guest')
  })

  it('counts each entry in its memory, and none that was dropped', async () => {
    const belonging = createBelonging()
    expect(belonging.bytes()).to.equal(0)
    const sizes: number[] = []
    for (let n = 0; n < 1_000; n++) {
      belonging.forget(`user-${n % 100}`, `p-${n}`, n)
      belonging.forget(`user-${n % 100}`, null, n)
      belonging.takeOver('ann', `guest-${n}`, n)
      sizes.push(belonging.bytes())
    }
    expect(sizes).to.deep.equal(sizes.toSorted((a, b) => a - b))
    expect(await belonging.dropBefore(500)).to.equal(true)
    expect(belonging.bytes()).to.be.lessThan(sizes.at(-1) as number)
    expect(belonging.ownerOf('user-0', 'p-900', 900)).to.equal(null)
    expect(await belonging.dropBefore(500)).to.equal(false)
    expect(await belonging.dropBefore(Infinity)).to.equal(true)
    expect([belonging.size, belonging.bytes()]).to.deep.equal([0, 0])
  })

  it('is what the changes left make of it once old ones were dropped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(user, product, time), { maxLength: 20 }), async list => {
        const belonging = createBelonging()
        for (const change of list) belonging.forget(...change)
        await belonging.dropBefore(15)
        const left = list.filter(([, , at]) => at >= 15)
        const after = createBelonging()
        for (const change of left) after.forget(...change)
        expect(owners(belonging)).to.deep.equal(owners(after))
      }),
    )
  })

  it('is told in between while old changes are dropped', async () => {
    const belonging = createBelonging()
    for (let n = 0; n < 5_000; n++) belonging.forget(`user-${n}`, `p-${n}`, 1)
    let turns = 0
    let isDone = false
    const dropping = belonging.dropBefore(2).then(() => (isDone = true))
    while (!isDone) {
      turns++
      await new Promise(setImmediate)
    }
    await dropping
    expect(turns).to.be.at.least(10)
  })
})
