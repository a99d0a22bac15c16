import { expect } from 'chai'
import fc from 'fast-check'
import { createEvidence } from './evidence.ts'
import { maxPath } from './question.ts'
import { indexOf, minute, products, questionOf, someViews, start, visit } from './test-support.ts'
import type { IndexedView } from '../index/session-index.ts'
import type { Asked } from './question.ts'

const kinds = ['neighbours', 'next', 'rightAfter', 'before', 'later', 'together', 'bridged', 'blend'] as const

/** What speaks for each product, without those for which nothing does. */
function evidenceFor(views: readonly IndexedView[], asked: Partial<Asked>) {
  const index = indexOf(views)
  const question = questionOf(index, asked)
  const evidence = createEvidence(index)
  if (question !== null) evidence.collect(question, 200, () => true)
  const of = (kind: (typeof kinds)[number]) =>
    Object.fromEntries(
      products
        .map(
          product =>
            [product, evidence[kind].get(evidence.reading.found.find(index.products.find(product)))] as const,
        )
        .filter(([, share]) => share > 0),
    )
  const candidates = [...evidence.candidates.numbers.subarray(0, evidence.candidates.size)]
  return {
    of,
    candidates: candidates.map(number =>
      index.products.id(evidence.reading.found.products[number] as number),
    ),
  }
}

/** Somebody viewed every product, each in a visit of its own, so that each can be asked from. */
const viewedOnce = products.map((productId, n) => ({
  userId: 'everybody',
  productId,
  time: start - (n + 1) * 60 * minute,
}))

describe('evidence', () => {
  it('says what visitors viewed after, right after and before a product, nearer views more', () => {
    const views = [
      ...visit('ann', ['c', 'a', 'b', 'd']),
      ...visit('ben', ['a', 'b']),
      ...visit('cleo', ['a', 'd']),
    ]
    const { of } = evidenceFor(views, { products: ['a'] })
    // After it: b twice one step away; d once one step and once two steps away.
    const next = of('next')
    expect(Object.keys(next)).to.deep.equal(['b', 'd'])
    expect(next['b']).to.be.closeTo(2 / 3.5, 1e-9)
    expect(next['d']).to.be.closeTo(1.5 / 3.5, 1e-9)
    expect(of('rightAfter')['b']).to.be.closeTo(2 / 3, 1e-9)
    expect(of('before')).to.deep.equal({ c: 1 })
  })

  it('is in shares of 1', () => {
    fc.assert(
      fc.property(someViews, fc.subarray(products, { minLength: 1 }), (views, asked) => {
        const { of } = evidenceFor(views, { products: asked })
        for (const kind of kinds) {
          if (kind === 'blend') continue
          const total = Object.values(of(kind)).reduce((sum, share) => sum + share, 0)
          if (total > 0) expect(total, kind).to.be.closeTo(1, 1e-9)
        }
      }),
    )
  })

  it('brings candidates best first, never the product viewed last, and only those accepted', () => {
    fc.assert(
      fc.property(someViews, fc.shuffledSubarray(products, { minLength: 1 }), (views, asked) => {
        const { of, candidates } = evidenceFor(views, { products: asked })
        const blend = of('blend')
        const last = asked.at(-1) as string
        const expected = Object.keys(blend)
          .filter(product => product !== last)
          .sort((x, y) => (blend[y] as number) - (blend[x] as number) || (x < y ? -1 : 1))
        expect(candidates).to.deep.equal(expected)
      }),
    )
  })

  it('of an asking visitor is none for himself: what he viewed says nothing of what follows what', () => {
    const own = fc.array(
      fc.record({
        userId: fc.constant('asker'),
        productId: fc.constantFrom(...products),
        time: fc.integer({ min: 0, max: 500 }).map(n => start + 5 * n * minute),
      }),
    )
    // So many that nothing of what he viewed is asked from.
    const asked = fc.array(fc.constantFrom(...products), { minLength: maxPath, maxLength: maxPath })
    fc.assert(
      fc.property(someViews, own, asked, (views, his, path) => {
        const [others, all] = [
          [...viewedOnce, ...views],
          [...viewedOnce, ...views, ...his],
        ]
        const without = evidenceFor(others, { userId: 'asker', products: path })
        const withHis = evidenceFor(all, { userId: 'asker', products: path })
        for (const kind of ['next', 'rightAfter', 'before', 'later'] as const) {
          expect(withHis.of(kind), kind).to.deep.equal(without.of(kind))
        }
        // Only how popular a product is counts all views, so shares of these shift, but nothing comes or goes.
        for (const kind of ['neighbours', 'together', 'blend'] as const) {
          expect(Object.keys(withHis.of(kind)), kind).to.deep.equal(Object.keys(without.of(kind)))
        }
        expect(withHis.candidates).to.have.members(without.candidates)
      }),
    )
  })

  it('of an asking visitor speaks for others', () => {
    const views = [...visit('ann', ['a', 'b']), ...visit('ben', ['a'])]
    expect(evidenceFor(views, { userId: 'ben' }).candidates).to.deep.equal(['b'])
    expect(evidenceFor(visit('ann', ['a', 'b', 'a']), { userId: 'ann' }).of('next')).to.deep.equal({})
  })
})
