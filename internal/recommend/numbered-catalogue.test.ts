import { expect } from 'chai'
import { createCatalogue } from './catalogue.ts'
import { createInterner } from './index/interner.ts'
import { createNumberedCatalogue } from './numbered-catalogue.ts'
import type { Product } from '#internal/orders/store.ts'

const product = (productId: string, title: string): Product => ({
  productId,
  categoryId: 'all',
  title,
  price: null,
  inStock: null,
  createdAt: null,
})

async function* listed(...products: Product[]) {
  yield* products
}

describe('products of a catalogue by number', () => {
  it('are those that the catalogue has by id, at every look', async () => {
    const ids = createInterner()
    const [known, unknown] = [ids.hold('lamp'), ids.hold('chair')]
    const catalogue = await createCatalogue(listed(product('lamp', 'A lamp')), 0)
    const numbered = createNumberedCatalogue(ids)
    for (let look = 0; look < 2; look++) {
      expect(numbered.get(catalogue, known)?.title).to.equal('A lamp')
      expect(numbered.get(catalogue, unknown)).to.equal(undefined)
    }
  })

  it('are those of the newest catalogue', async () => {
    const ids = createInterner()
    const lamp = ids.hold('lamp')
    const numbered = createNumberedCatalogue(ids)
    numbered.get(await createCatalogue(listed(product('lamp', 'A lamp')), 0), lamp)
    const renamed = await createCatalogue(listed(product('lamp', 'A better lamp')), 1)
    expect(numbered.get(renamed, lamp)?.title).to.equal('A better lamp')
    expect(numbered.get(await createCatalogue(listed(), 2), lamp)).to.equal(undefined)
  })

  it('are never those of an id that had the number before', async () => {
    const ids = createInterner()
    const catalogue = await createCatalogue(listed(product('lamp', 'A lamp'), product('sofa', 'A sofa')), 0)
    const numbered = createNumberedCatalogue(ids)
    const number = ids.hold('lamp')
    numbered.get(catalogue, number)
    ids.release(number)
    expect(ids.hold('sofa')).to.equal(number)
    expect(numbered.get(catalogue, number)?.title).to.equal('A sofa')
  })
})
