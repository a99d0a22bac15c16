import { expect } from 'chai'
import { indexOf, minute, questionOf, start, visit } from './test-support.ts'
import { none } from '../index/columns.ts'
import { createEvidence } from './evidence.ts'
import { maxPath } from './question.ts'
import { createWitnesses } from './witnesses.ts'
import type { IndexedView } from '../index/session-index.ts'
import type { Asked } from './question.ts'

const later = start + 24 * 60 * minute

/** Which viewed product is the reason for another, and for how many visitors. */
function reasonFor(product: string, views: readonly IndexedView[], asked: Partial<Asked>) {
  const index = indexOf(views)
  const question = questionOf(index, asked)
  if (question === null) throw new Error('nobody viewed what is asked with')
  const witnesses = createWitnesses(index)
  const evidence = createEvidence(index)
  evidence.collect(question, 0, () => true)
  witnesses.hear(evidence, [evidence.reading.found.find(index.products.find(product))])
  const { viewed, visitors } = witnesses.of(index.products.find(product), question)
  return [viewed === none ? null : index.products.id(viewed), visitors]
}

describe('witnesses', () => {
  const views = [
    ...visit('ann', ['a', 'x']),
    ...visit('ann', ['x', 'a'], later),
    ...visit('ben', ['a', 'b', 'x']),
    ...visit('cleo', ['b', 'y']),
    ...visit('dan', ['a']),
    ...visit('dan', ['x'], later),
  ]

  it('are the visitors who viewed both in one session, nobody twice', () => {
    expect(reasonFor('x', views, { products: ['a'] })).to.deep.equal(['a', 2])
    expect(reasonFor('y', views, { products: ['b'] })).to.deep.equal(['b', 1])
    const index = indexOf(views)
    const both = (one: string, other: string) =>
      createWitnesses(index).ofBoth(index.products.find(one), index.products.find(other))
    expect([both('a', 'x'), both('x', 'a'), both('x', 'b'), both('a', 'y')]).to.deep.equal([2, 2, 1, 0])
  })

  it('are not the one who asks', () => {
    const onlyA = Array.from({ length: maxPath }, () => 'a')
    expect(reasonFor('x', views, { userId: 'ann', products: onlyA })).to.deep.equal(['a', 1])
    expect(reasonFor('x', views, { userId: 'dan', products: onlyA })).to.deep.equal(['a', 2])
    const onlyB = onlyA.map(() => 'b')
    expect(reasonFor('y', views, { userId: 'cleo', products: onlyB })).to.deep.equal([null, 0])
  })

  it('speak for the product of the visit that most of them viewed', () => {
    expect(reasonFor('x', views, { products: ['a', 'b'] })).to.deep.equal(['a', 2])
    expect(reasonFor('y', views, { products: ['b', 'a'] })).to.deep.equal(['b', 1])
  })

  it('speak for one of the three newest products where they can, else for an earlier one', () => {
    const more = [...views, ...visit('eve', ['c', 'd', 'e']), ...visit('fay', ['e', 'x'])]
    expect(reasonFor('x', more, { products: ['a', 'c', 'd', 'e'] })).to.deep.equal(['e', 1])
    expect(reasonFor('y', more, { products: ['b', 'c', 'd', 'e'] })).to.deep.equal(['b', 1])
  })
})
