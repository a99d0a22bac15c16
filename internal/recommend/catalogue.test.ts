import { expect } from 'chai'
import fc from 'fast-check'
import { compareBytes } from '#internal/domain/product-view.ts'
import { createCatalogue } from './catalogue.ts'
import { sortInSlices } from './sort-in-slices.ts'
import type { Product } from '#internal/orders/store.ts'

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

const product = fc.record({
  productId: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'é', '\u{1f600}'),
  categoryId: fc.constantFrom('shoes', 'hats', 'bags'),
  title: fc.constant(null),
  price: fc.constant(null),
  inStock: fc.constant(null),
  createdAt: fc.option(fc.integer({ min: 1, max: 3 })),
})

describe('the catalogue', () => {
  it('shows each product once, newest first, then by id, those without a date last', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(product),
        fc.subarray(['shoes', 'hats', 'none']),
        async (products, categories) => {
          const last = new Map<string, Product>(products.map(item => [item.productId, item]))
          const expected = [...last.values()]
            .filter(({ categoryId }) => categories.length === 0 || categories.includes(categoryId))
            .sort(
              (a, b) =>
                (b.createdAt ?? Number.NEGATIVE_INFINITY) - (a.createdAt ?? Number.NEGATIVE_INFINITY) ||
                compareBytes(a.productId, b.productId),
            )
          const catalogue = await createCatalogue(each(products), 0)
          expect([...catalogue.newest(categories)]).to.deep.equal(expected)
          expect(catalogue.size).to.equal(last.size)
        },
      ),
    )
  })
})

describe('sorting in slices', () => {
  it('sorts a large set as a sort at once does', async () => {
    const items = Array.from({ length: 35_001 }, (_, i) => ({ i, at: (i * 7_919) % 1_000 }))
    const compare = (a: { at: number }, b: { at: number }) => a.at - b.at
    expect(await sortInSlices(items, compare)).to.deep.equal([...items].sort(compare))
  })
})
