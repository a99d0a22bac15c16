import { expect } from 'chai'
import fc from 'fast-check'
import { maxCandidates } from '../evidence/evidence.ts'
import {
  indexOf,
  minute,
  products,
  questionOf,
  someViews,
  start,
  users,
  visit,
} from '../evidence/test-support.ts'
import { features, firstWeights } from './features.ts'
import { createRanker } from './ranker.ts'
import type { IndexedView, SessionIndex } from '../index/session-index.ts'
import type { Asked } from '../evidence/question.ts'

/** Candidates in their order, with all that is known of each. */
function ranked(index: SessionIndex, asked: Partial<Asked>, weights: readonly number[] = firstWeights) {
  const question = questionOf(index, asked)
  if (question === null) return null
  const ranker = createRanker(index)
  const found = ranker.candidates(question, 100, () => true)
  const [order, chances] = [new Uint32Array(maxCandidates), new Float64Array(maxCandidates)]
  ranker.order(found, weights, order, chances)
  return [...order.subarray(0, found.count)].map(place => ({
    product: index.products.id(found.items[place] as number),
    place,
    chance: chances[place] as number,
    features: [...found.rows.subarray(place * features.length, (place + 1) * features.length)],
  }))
}

/** The same views in another order, some of them again. */
const shuffledWithRepeats = (list: readonly IndexedView[]) =>
  fc
    .tuple(fc.shuffledSubarray([...list], { minLength: list.length }), fc.shuffledSubarray([...list]))
    .chain(([all, again]) =>
      fc.shuffledSubarray([...all, ...again], { minLength: all.length + again.length }),
    )

const anyWeights = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), {
  minLength: features.length,
  maxLength: features.length,
})
const question = fc.oneof(
  fc.record({ userId: fc.constantFrom(...users) }),
  fc.record({ products: fc.shuffledSubarray(products, { minLength: 1 }) }),
)

describe('the ranking', () => {
  it('is the same to the last digit whatever the order of the views, and however often each comes', () => {
    fc.assert(
      fc.property(
        someViews.chain(views => fc.tuple(fc.constant(views), shuffledWithRepeats(views))),
        question,
        anyWeights,
        ([views, others], asked, weights) => {
          const inOrder = views.toSorted((a, b) => a.time - b.time)
          expect(ranked(indexOf(others), asked, weights)).to.deep.equal(
            ranked(indexOf(inOrder), asked, weights),
          )
        },
      ),
      { numRuns: 300 },
    )
  })

  it('is so also where more sessions speak than are listened to', () => {
    // All of them are equally similar, and most began at the same time.
    const crowd = Array.from({ length: 700 }, (_, n) =>
      visit(`user-${n}`, ['a', `p-${n % 300}`, 'b'], start + (n % 3) * minute),
    ).flat()
    const index = indexOf(crowd)
    fc.assert(
      fc.property(shuffledWithRepeats(crowd), others => {
        for (const asked of [['a'], ['b', 'a'], ['p-7', 'a', 'b']]) {
          expect(ranked(indexOf(others), { products: asked })).to.deep.equal(
            ranked(index, { products: asked }),
          )
        }
      }),
      { numRuns: 10 },
    )
  })

  it('is the same when the same is asked again, whatever was asked in between', () => {
    fc.assert(
      fc.property(someViews, question, question, (views, asked, between) => {
        const index = indexOf(views)
        const first = ranked(index, asked)
        ranked(index, between)
        expect(ranked(index, asked)).to.deep.equal(first)
      }),
    )
  })

  it('with the first weights is the order of the blend', () => {
    fc.assert(
      fc.property(someViews, question, (views, asked) => {
        const places = ranked(indexOf(views), asked)?.map(({ place }) => place) ?? []
        expect(places).to.deep.equal([...places.keys()])
      }),
    )
  })

  it('follows the weights, likelier products first', () => {
    const index = indexOf([
      ...visit('ann', ['a', 'b']),
      ...visit('ben', ['a', 'b']),
      ...visit('cleo', ['a', 'c']),
    ])
    const popular = features.findIndex(({ name }) => name === 'popular')
    const against = features.map((_, n) => (n === popular ? -1 : 0))
    expect(ranked(index, { products: ['a'] })?.map(({ product }) => product)).to.deep.equal(['b', 'c'])
    const turned = ranked(index, { products: ['a'] }, against)
    expect(turned?.map(({ product }) => product)).to.deep.equal(['c', 'b'])
    expect(turned?.[0]?.chance).to.be.greaterThan(turned?.[1]?.chance ?? 1)
  })
})
