import { expect } from 'chai'
import fc from 'fast-check'
import { none } from '../index/columns.ts'
import { indexOf, products, someViews, users } from './test-support.ts'
import { createReading } from './reading.ts'
import type { SessionIndex } from '../index/session-index.ts'

/** The sessions with a product, the newest first, as the table tells them one by one. */
function oneByOne(
  { products: catalogue, visitors, sessions, postings }: SessionIndex,
  product: number,
  except: number,
) {
  const items = new Uint32Array(64)
  return [...postings.list(product).subarray(0, postings.length(product))]
    .reverse()
    .filter(session => sessions.visitor(session) !== except)
    .map(session => ({
      visitor: visitors.id(sessions.visitor(session)),
      viewed: [...items.subarray(0, sessions.readItems(session, items))].map(item => catalogue.id(item)),
    }))
}

describe('a reading', () => {
  it('holds the newest sessions with each product asked about, as they are, but the visitor’s own', () => {
    fc.assert(
      fc.property(
        someViews,
        fc.shuffledSubarray(products),
        fc.constantFrom(...users),
        fc.nat(12),
        (views, asked, asking, most) => {
          const index = indexOf(views)
          const except = index.visitors.find(asking)
          const known = asked.map(product => index.products.find(product)).filter(product => product !== none)
          const reading = createReading(index)
          const { sessions, found } = reading
          reading.start(Uint32Array.from(known), known.length)
          for (const product of known) {
            const from = reading.read(product, except, most)
            const read = Array.from({ length: sessions.size - from }, (_, n) => {
              const first = sessions.firsts[from + n] as number
              const numbers = sessions.views.subarray(first, first + (sessions.lengths[from + n] as number))
              return {
                visitor: index.visitors.id(sessions.visitors[from + n] as number),
                viewed: [...numbers].map(number => index.products.id(found.products[number] as number)),
              }
            })
            expect(read).to.deep.equal(oneByOne(index, product, except).slice(0, most))
          }
          expect([...found.products.subarray(0, known.length)]).to.deep.equal(known)
          expect(known.map(product => found.find(product))).to.deep.equal([...known.keys()])
        },
      ),
    )
  })

  it('starts again with nothing', () => {
    fc.assert(
      fc.property(someViews, views => {
        const index = indexOf(views)
        const reading = createReading(index)
        const first = Uint32Array.of(index.products.find('a'))
        fc.pre(first[0] !== none)
        reading.start(first, 1)
        reading.read(first[0] as number, none, 100)
        const read = [...reading.sessions.views.subarray(0, reading.sessions.viewed)]
        reading.start(first, 1)
        expect([reading.sessions.size, reading.sessions.viewed, reading.found.size]).to.deep.equal([0, 0, 1])
        reading.read(first[0] as number, none, 100)
        expect([...reading.sessions.views.subarray(0, reading.sessions.viewed)]).to.deep.equal(read)
      }),
    )
  })
})
