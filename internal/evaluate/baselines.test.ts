import { expect } from 'chai'
import fc from 'fast-check'
import { createCoVisitation } from './co-visitation.ts'
import { createLeaders } from './leaders.ts'
import { createPopularity } from './popularity.ts'
import { createVmisKnn } from './vmis-knn.ts'
import { recommended } from './test-support.ts'
import type { Look } from './test-support.ts'

const looks: Look[] = [
  ['ann', 'lamp', 0],
  ['ann', 'rug', 1],
  ['bob', 'sofa', 2],
  ['bob', 'bed', 3],
  ['cat', 'sofa', 4],
  ['cat', 'rug', 100],
  ['dan', 'sofa', 200],
  ['dan', 'bed', 201],
]

describe('popularity', () => {
  it('shows what was viewed most, without the product that one looks at', () => {
    expect(recommended(createPopularity(), looks, ['rug'])).to.deep.equal(['sofa', 'bed', 'lamp'])
    expect(recommended(createPopularity(), looks, ['unknown'])).to.deep.equal(['sofa', 'rug', 'bed'])
  })

  it('leaves out all of the visit when only new products are wanted', () => {
    const list = recommended(createPopularity(), looks, ['sofa', 'rug'], { excludeSeen: true })
    expect(list).to.deep.equal(['bed', 'lamp'])
  })
})

describe('co-visitation', () => {
  it('shows what was seen together, then the most viewed', () => {
    expect(recommended(createCoVisitation(), looks, ['bed'])).to.deep.equal(['sofa', 'rug', 'lamp'])
  })

  it('does not pair products over a silence of 30 minutes', () => {
    // cat's rug came 96 minutes after her sofa: only lamp goes with rug.
    expect(recommended(createCoVisitation(), looks, ['rug'], { limit: 1 })).to.deep.equal(['lamp'])
  })

  it('counts a pair the less the further apart its views are', () => {
    const walk: Look[] = ['lamp', 'rug', 'sofa'].map((product, index) => ['ann', product, index])
    expect(recommended(createCoVisitation(), walk, ['lamp'])).to.deep.equal(['rug', 'sofa'])
  })
})

describe('VMIS-kNN', () => {
  it('shows products of past visits that share one, rare products before common ones', () => {
    const visits: Look[] = [
      ['ann', 'lamp', 0],
      ['ann', 'rug', 1],
      ['ann', 'vase', 2],
      ['bob', 'rug', 3],
      ['bob', 'bed', 4],
      ['cat', 'rug', 5],
    ]
    expect(recommended(createVmisKnn(), visits, ['lamp'])).to.deep.equal(['vase', 'rug', 'bed'])
  })

  it('prefers the visits that share more of what was looked at', () => {
    const visits: Look[] = [
      ['ann', 'lamp', 0],
      ['ann', 'sofa', 1],
      ['ann', 'vase', 2],
      ['bob', 'lamp', 3],
      ['bob', 'desk', 4],
    ]
    const list = recommended(createVmisKnn(), visits, ['sofa', 'lamp'], { excludeSeen: true })
    expect(list).to.deep.equal(['vase', 'desk'])
  })

  it('looks only at the newest visits when there are too many', () => {
    const visits = Array.from({ length: 50 }, (_, user): Look[] => [
      [`user ${user}`, 'lamp', user * 2],
      [`user ${user}`, `product ${user}`, user * 2 + 1],
    ]).flat()
    const list = recommended(createVmisKnn({ m: 2 }), visits, ['lamp'], { limit: 2 })
    expect(list.toSorted()).to.deep.equal(['product 48', 'product 49'])
  })

  it('takes a visit as evidence only once it has ended', () => {
    const method = createVmisKnn()
    method.observe({ userId: 'ann', productId: 'lamp', time: 0 })
    method.observe({ userId: 'ann', productId: 'rug', time: 60_000 })
    const ask = () =>
      method.recommend({ userId: 'bob', visit: ['lamp'], at: 0, limit: 5, excludeSeen: false })
    expect(ask()).to.deep.equal([])
    method.observe({ userId: 'bob', productId: 'lamp', time: 60_000 + 30 * 60_000 })
    expect(ask()).to.deep.equal(['rug'])
  })
})

describe('leaders', () => {
  it('are after every count what sorting all counts gives', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(12), { maxLength: 200 }),
        fc.integer({ min: 1, max: 8 }),
        (things, capacity) => {
          const leaders = createLeaders(capacity)
          const counts = new Map<number, number>()
          for (const thing of things) {
            leaders.count(thing)
            counts.set(thing, (counts.get(thing) ?? 0) + 1)
            const sorted = [...counts].sort(([a, x], [b, y]) => y - x || a - b).map(([one]) => one)
            expect(leaders.list).to.deep.equal(sorted.slice(0, capacity))
          }
        },
      ),
    )
  })
})
