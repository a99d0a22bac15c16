import { expect } from 'chai'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { createCatalogue } from './catalogue.ts'
import { indexOf, minute, start, visit } from './evidence/test-support.ts'
import { defaultFilters } from './filters.ts'
import { createSimilar } from './similar.ts'
import type { Product } from '#internal/orders/store.ts'
import type { Catalogue } from './catalogue.ts'
import type { ProductFilters } from './filters.ts'

const later = start + 24 * 60 * minute
const views = [
  ...visit('ann', ['a', 'b']),
  ...visit('ann', ['b', 'a'], later),
  ...visit('ben', ['a', 'b']),
  ...visit('cleo', ['a', 'c']),
  ...visit('dan', ['a', 'x', 'y', 'd']),
  // Viewed everywhere: that it is also viewed near "a" says little.
  ...visit('eve', ['a', 'hit']),
  ...['f', 'g', 'h', 'i', 'j', 'k'].flatMap(user => visit(user, ['hit', `other-${user}`])),
  ...visit('zoe', ['alone']),
]

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

function setUp({
  catalogue = null,
  healthy = true,
}: {
  catalogue?: Catalogue | null
  healthy?: boolean
} = {}) {
  const similar = createSimilar({
    live: { index: indexOf(views), warm: true, healthy },
    catalogue: { current: () => catalogue },
    metrics: createMetrics({ service: 'api', version: '0' }),
    newId: () => 'id',
  })
  return (productId: string, { limit = 10, ...filters }: Partial<ProductFilters> & { limit?: number } = {}) =>
    similar.to(productId, { limit, filters: { ...defaultFilters, ...filters } })
}

describe('similar products', () => {
  it('are those viewed near a product most often against how often each is viewed, best first', () => {
    const { items } = setUp()('a')
    const products = items.map(({ productId }) => productId)
    expect(products[0]).to.equal('b')
    expect(products).to.have.members(['b', 'c', 'd', 'hit', 'x', 'y'])
    expect(products.indexOf('hit')).to.be.greaterThan(products.indexOf('c'))
    // Three views of both with nothing in between; "a" has six in all, "b" three.
    expect(items[0]?.score).to.be.closeTo(3 / (Math.sqrt(6 * 3) + 2), 1e-9)
    const scores = items.map(({ score }) => score)
    expect(scores).to.deep.equal(scores.toSorted((x, y) => y - x))
  })

  it('come with the visitors who viewed both in one session, nobody twice', () => {
    const { items } = setUp()('a')
    expect(items[0]?.because).to.deep.equal({ kind: 'viewed-together', product: 'a', visitors: 2 })
  })

  it('are as many as asked for, and none for a product that nobody viewed, or alone', () => {
    const to = setUp()
    expect(to('a', { limit: 2 }).items).to.deep.equal(to('a').items.slice(0, 2))
    expect(to('unheard-of').items).to.deep.equal([])
    expect(to('alone').items).to.deep.equal([])
  })

  it('keep to the filters, and leave out what left the shop', async () => {
    const product = (productId: string, categoryId: string): Product => ({
      productId,
      categoryId,
      title: null,
      price: 1,
      inStock: true,
      createdAt: null,
    })
    const shop = [product('b', 'hats'), product('c', 'shoes'), product('d', 'shoes'), product('x', 'hats')]
    const to = setUp({ catalogue: await createCatalogue(each(shop), later + 60 * minute) })
    const products = (filters: Partial<ProductFilters>) => to('a', filters).items.map(item => item.productId)
    expect(products({})).to.have.members(['b', 'c', 'd', 'x'])
    expect(products({ categories: ['shoes'], exclude: ['c'] })).to.deep.equal(['d'])
  })

  it('say when no new views come', () => {
    expect(setUp()('a')).to.include({ degraded: false, warming: false })
    expect(setUp({ healthy: false })('a').degraded).to.equal(true)
  })
})
