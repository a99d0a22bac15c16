import { expect } from 'chai'
import fc from 'fast-check'
import { minute, product, ranked, setUpShop, start } from './test-support.ts'

describe('recommendations under filters', () => {
  it('keep to the filters, with nothing twice and no hole that the catalogue could fill', async () => {
    const ids = [...Array(24).keys()].map(n => `p-${n}`)
    const catalogue = ids.slice(0, 20).map((id, n) =>
      product(id, ['hats', 'bags', 'shoes'][n % 3], {
        price: n % 5 === 0 ? null : n,
        inStock: n % 4 === 0 ? null : n % 4 !== 1,
        createdAt: n,
      }),
    )
    const { service, orders, view, ask } = await setUpShop({
      shop: catalogue,
      rankings: [
        { category: 'hats', window: '30d', products: ranked('p-3', 'p-0', 'p-21') },
        { category: null, window: 'ever', products: ranked('p-1', 'p-22', 'p-2') },
      ],
    })
    await using _service = service
    const bought = { orderId: 'o', productId: 'p-6', categoryId: 'hats', quantity: 1, userId: 'ann' }
    await orders.replaceOrders([{ orderId: 'o', lines: [{ ...bought, orderedAt: start - minute }] }], start)
    for (let n = 0; n < 60; n++) {
      const visit = Array.from({ length: 2 + (n % 4) }, (_, i) => `p-${(n * 7 + i * i * 5) % 24}`)
      await view(`other-${n}`, visit, start - n * minute)
    }
    const his = ['p-7', 'p-12', 'p-20', 'p-3']
    await view('ann', his)

    const choice = fc.constantFrom('include' as const, 'exclude' as const)
    const price = fc.option(fc.nat(20))
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          userId: fc.constantFrom('ann', 'nobody', null),
          visit: fc.subarray(ids, { maxLength: 3 }),
          current: fc.option(fc.constantFrom(...ids)),
          limit: fc.integer({ min: 1, max: 30 }),
          filters: fc.record({
            categories: fc.subarray(['hats', 'bags', 'shoes']),
            inStock: fc.option(fc.boolean()),
            minPrice: price,
            maxPrice: price,
            exclude: fc.subarray(ids),
            seen: choice,
            bought: choice,
          }),
        }),
        async question => {
          const { userId, visit, current, limit, filters } = question
          const looked = [...(userId === 'ann' ? his : []), ...visit]
          const fits = (id: string) => {
            const {
              categoryId,
              price: costs,
              inStock,
            } = catalogue.find(one => one.productId === id) ?? product('')
            if (filters.categories.length > 0 && !filters.categories.includes(categoryId)) return false
            if (filters.inStock !== null && inStock !== filters.inStock) return false
            if (filters.minPrice !== null && (costs === null || costs < filters.minPrice)) return false
            if (filters.maxPrice !== null && (costs === null || costs > filters.maxPrice)) return false
            if (filters.exclude.includes(id) || id === (current ?? looked.at(-1))) return false
            if (filters.seen === 'exclude' && looked.includes(id)) return false
            return !(filters.bought === 'exclude' && userId === 'ann' && id === 'p-6')
          }
          const allowed = catalogue.map(({ productId }) => productId).filter(fits)
          const { items } = await ask(question)
          const came = items.map(({ productId }) => productId)
          expect(new Set(came).size).to.equal(came.length)
          expect(allowed).to.include.members(came)
          expect(came).to.have.length(Math.min(limit, allowed.length))
          const scores = items.map(({ score }) => score)
          expect(scores).to.deep.equal(scores.toSorted((x, y) => y - x))
        },
      ),
      { numRuns: 300 },
    )
  })
})
