import { expect } from 'chai'
import fc from 'fast-check'
import { fillList, takeTurns } from './chain.ts'
import type { Candidate } from './chain.ts'

const candidate = (productId: string): Candidate => ({ productId, source: 'catalogue', because: {} })
const productId = fc.constantFrom<string[]>('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j')
const source = fc.array(productId.map(candidate), { maxLength: 12 })

describe('the chain', () => {
  it('fills the list as far as the sources allow, with nothing twice and nothing refused', () => {
    fc.assert(
      fc.property(
        fc.array(source, { maxLength: 4 }),
        fc.uniqueArray(productId),
        fc.nat(8),
        (sources, refused, limit) => {
          const list = fillList(sources, ({ productId: id }) => !refused.includes(id), limit)
          const ids = list.map(item => item.productId)
          const acceptable = new Set(
            sources
              .flat()
              .map(item => item.productId)
              .filter(id => !refused.includes(id)),
          )
          expect(new Set(ids).size).to.equal(ids.length)
          expect(ids.filter(id => refused.includes(id))).to.deep.equal([])
          expect(ids.length).to.equal(Math.min(limit, acceptable.size))
        },
      ),
    )
  })

  it('prefers the earlier source and keeps each one’s order', () => {
    const list = fillList(
      [
        [candidate('b'), candidate('a')],
        [candidate('a'), candidate('c')],
      ],
      () => true,
      10,
    )
    expect(list.map(item => item.productId)).to.deep.equal(['b', 'a', 'c'])
  })

  it('asks a source only as far as it needs', () => {
    let asked = 0
    const endless = (function* () {
      while (true) yield candidate(String(asked++))
    })()
    expect(fillList([endless], () => true, 5)).to.have.length(5)
    expect(asked).to.be.lessThan(7)
  })
})

describe('sources that take turns', () => {
  it('give all they have, each in its own order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ weight: fc.integer({ min: 1, max: 9 }), candidates: source })),
        sources => {
          const given = [...takeTurns(sources)]
          expect(given).to.have.length(sources.flatMap(({ candidates }) => candidates).length)
          for (const { candidates } of sources) {
            const own = new Set(candidates)
            expect(given.filter(item => own.has(item))).to.deep.equal(candidates)
          }
        },
      ),
    )
  })

  it('share the list by their weights', () => {
    const many = (name: string) => Array.from({ length: 50 }, (_, i) => candidate(`${name}${i}`))
    const sources = [
      { weight: 6, candidates: many('shoes-') },
      { weight: 3, candidates: many('hats-') },
    ]
    const first = [...takeTurns(sources)].slice(0, 9).map(item => item.productId)
    expect(first.filter(id => id.startsWith('shoes-'))).to.have.length(6)
    expect(first[0]).to.equal('shoes-0')
  })
})
