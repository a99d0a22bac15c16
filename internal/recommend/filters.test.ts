import { expect } from 'chai'
import fc from 'fast-check'
import { fillList, fillUp } from './chain.ts'
import { createCatalogue } from './catalogue.ts'
import { createFilter, defaultFilters } from './filters.ts'
import { fromCatalogue } from './sources.ts'
import type { Product } from '#internal/orders/store.ts'
import type { Candidate } from './chain.ts'
import type { Filters } from './filters.ts'

const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
const categories = ['shoes', 'hats', 'bags']

const products = fc.uniqueArray(
  fc.record({
    productId: fc.constantFrom(...ids),
    categoryId: fc.constantFrom(...categories),
    title: fc.constant(null),
    price: fc.option(fc.integer({ min: 1, max: 9 })),
    inStock: fc.option(fc.boolean()),
    createdAt: fc.option(fc.integer({ min: 1, max: 5 })),
  }),
  { selector: ({ productId }) => productId },
)
const choice = fc.constantFrom('include' as const, 'exclude' as const)
const filters: fc.Arbitrary<Filters> = fc.record({
  categories: fc.subarray(categories),
  inStock: fc.option(fc.boolean()),
  minPrice: fc.option(fc.integer({ min: 1, max: 9 })),
  maxPrice: fc.option(fc.integer({ min: 1, max: 9 })),
  exclude: fc.subarray(ids),
  seen: choice,
  bought: choice,
  rebuyAfterMs: fc.constant(1),
})

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

describe('the filters', () => {
  it('let through what they allow and nothing else, and leave no hole that the catalogue could fill', async () => {
    const some = fc.subarray(ids)
    await fc.assert(
      fc.asyncProperty(
        products,
        filters,
        some,
        some,
        fc.option(fc.constantFrom(...ids)),
        async (shop, asked, seen, bought, current) => {
          const catalogue = await createCatalogue(each(shop), 0)
          const isNew = () => false
          const known = {
            product: catalogue.get,
            isNew,
            seen: new Set(seen),
            bought: new Set(bought),
            current,
          }
          const sellers = ids.map(productId => ({
            productId,
            source: 'best-sellers-ever' as const,
            because: {},
          }))
          const { accepts, acceptsFound } = createFilter(asked, known)
          const rest = fromCatalogue(catalogue, asked.categories, product =>
            acceptsFound(product.productId, product),
          )
          const list = await fillUp(fillList([sellers], accepts, ids.length), rest, ids.length)
          const allowed = shop.filter(product => may(product, asked, seen, bought, current))
          expect(list.map(({ productId }) => productId).sort()).to.deep.equal(
            allowed.map(({ productId }) => productId).sort(),
          )
        },
      ),
    )
  })

  it('let others have their turns while nothing of a large catalogue passes', async () => {
    const shop = Array.from(
      { length: 10_000 },
      (_, n): Product => ({
        productId: `p-${n}`,
        categoryId: 'hats',
        title: null,
        price: null,
        inStock: null,
        createdAt: n,
      }),
    )
    const rest = fromCatalogue(await createCatalogue(each(shop), 0), [], () => false)
    let turns = 0
    let list: readonly Candidate[] | null = null
    const filling = fillUp([], rest, 10).then(filled => (list = filled))
    while (list === null) {
      turns++
      await new Promise(setImmediate)
    }
    expect(await filling).to.deep.equal([])
    expect(turns).to.be.at.least(8)
  })

  it('without a catalogue go by what the source knows of a product', () => {
    const known = {
      product: null,
      isNew: () => false,
      seen: new Set<string>(),
      bought: new Set<string>(),
      current: null,
    }
    const { accepts } = createFilter({ ...defaultFilters, categories: ['shoes'] }, known)
    const base = { productId: 'a', source: 'best-sellers-ever' as const, because: {} }
    expect(accepts({ ...base, category: 'shoes' })).to.equal(true)
    expect(accepts({ ...base, category: 'hats' })).to.equal(false)
    expect(accepts(base)).to.equal(false)
    expect(createFilter({ ...defaultFilters, inStock: true }, known).accepts(base)).to.equal(false)
  })
})

/** The same rules, said once more in the plainest way. */
function may(p: Product, f: Filters, seen: string[], bought: string[], current: string | null): boolean {
  return [
    p.productId !== current,
    !f.exclude.includes(p.productId),
    f.seen === 'include' || !seen.includes(p.productId),
    f.bought === 'include' || !bought.includes(p.productId),
    f.categories.length === 0 || f.categories.includes(p.categoryId),
    f.inStock === null || p.inStock === f.inStock,
    f.minPrice === null || (p.price !== null && p.price >= f.minPrice),
    f.maxPrice === null || (p.price !== null && p.price <= f.maxPrice),
  ].every(Boolean)
}
