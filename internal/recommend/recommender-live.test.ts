import { expect } from 'chai'
import fc from 'fast-check'
import { createFakeHistoryStore } from '#internal/history/fake-store.ts'
import { defaultHistoryTtl } from '#internal/history/store.ts'
import { createFakeOrdersStore } from '#internal/orders/fake-store.ts'
import { defaultFilters } from './filters.ts'
import { createStoreGuard } from './store-guard.ts'
import { startTestRecommendations } from './test-support.ts'
import type { OrdersStore, Product, RankedProduct, Ranking } from '#internal/orders/store.ts'
import type { Filters } from './filters.ts'
import type { Question, RecommendedItem } from './recommender.ts'

const start = Date.parse('2026-11-01T10:00:00.000Z')
const minute = 60_000

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

const product = (productId: string, categoryId = 'hats', change: Partial<Product> = {}): Product => ({
  productId,
  categoryId,
  title: null,
  price: 10,
  inStock: true,
  createdAt: 1,
  ...change,
})
const ranked = (...ids: string[]): RankedProduct[] =>
  ids.map((productId, i) => ({ productId, buyers: 10 - i, quantity: 20 - i }))

async function publish(
  orders: OrdersStore,
  { id = '1', shop = [], rankings = [] }: { id?: string; shop?: Product[]; rankings?: Ranking[] },
  snapshotAt = start,
): Promise<void> {
  const version = { id, snapshotAt }
  await orders.writeProducts(version, each(shop))
  await orders.publish('products', version)
  await orders.writeRankings(version, each(rankings))
  await orders.publish('rankings', version)
}

/** The service on fakes, its clock moved by hand; without a shop nothing is published. */
async function setUp(published: Parameters<typeof publish>[1] | null = null, { cold = false } = {}) {
  const clock = { now: start }
  const now = () => clock.now
  const history = createFakeHistoryStore({ ttl: defaultHistoryTtl, now })
  const orders = createFakeOrdersStore({ now })
  if (published !== null) await publish(orders, published)
  const test = await startTestRecommendations({ now, history, orders, cold })
  const ask = ({
    filters,
    ...question
  }: Partial<Omit<Question, 'filters'>> & { filters?: Partial<Filters> }) =>
    test.service.recommender.recommend({
      userId: null,
      visit: [],
      current: null,
      limit: 10,
      forStrangers: 'trending',
      ...question,
      filters: { ...defaultFilters, ...filters },
    })
  const products = async (question: Parameters<typeof ask>[0]) =>
    (await ask(question)).items.map(({ productId }) => productId)
  /** Others' visits: who views "a" views "b" next, mostly. */
  async function othersLookAround(): Promise<void> {
    for (const [n, visit] of [
      ['a', 'b', 'c'],
      ['a', 'b'],
      ['a', 'c'],
    ].entries()) {
      await test.view(`other-${n}`, visit, start - (n + 1) * minute)
    }
  }
  return { ...test, clock, ask, products, othersLookAround }
}

const sources = (items: readonly RecommendedItem[]) =>
  items.map(({ productId, source }) => [productId, source])

describe('recommendations from live views', () => {
  const shop = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id, n) =>
    product(id, id < 'e' ? 'hats' : 'bags', { createdAt: n }),
  )
  const rankings: Ranking[] = [
    { category: 'hats', window: '30d', products: ranked('d') },
    { category: null, window: 'previous-month', products: ranked('e') },
    { category: null, window: 'ever', products: ranked('f') },
  ]

  it('come first, then best sellers of his categories, trending, best sellers, and the catalogue', async () => {
    const { service, view, ask, othersLookAround } = await setUp({
      shop: [...shop, product('trend', 'bags')],
      rankings,
    })
    await using _service = service
    await othersLookAround()
    await view('far', ['trend'], start - minute)
    await view('ann', ['a'])
    const { items, ...answer } = await ask({ userId: 'ann' })
    expect(sources(items)).to.deep.equal([
      ['b', 'sessions'],
      ['c', 'sessions'],
      ['d', 'category-best-sellers'],
      ['trend', 'trending'],
      ['e', 'best-sellers-previous-month'],
      ['f', 'best-sellers-ever'],
      ['g', 'catalogue'],
    ])
    expect(answer).to.include({ personalized: true, degraded: false, warming: false })
    expect(items[0]?.because).to.deep.equal({ kind: 'viewed-after', product: 'a', visitors: 2 })
    expect(items[3]?.because).to.deep.equal({ views: 1, halfLife: '1d' })
    const scores = items.map(({ score }) => score)
    expect(scores).to.deep.equal(scores.toSorted((x, y) => y - x))
    expect(scores[1]).to.be.greaterThan(0)
    expect(scores.slice(2)).to.deep.equal([0, 0, 0, 0, 0])
  })

  it('are full for somebody of whom nothing is known, with what is asked for first', async () => {
    const { service, ask, othersLookAround } = await setUp({ shop, rankings })
    await using _service = service
    await othersLookAround()
    const { items, personalized } = await ask({ userId: 'nobody' })
    expect(items.map(({ productId }) => productId)).to.have.members(shop.map(({ productId }) => productId))
    expect([items[0]?.productId, items[0]?.source]).to.deep.equal(['a', 'trending'])
    expect(personalized).to.equal(false)
    const sellers = await ask({ userId: 'nobody', forStrangers: 'best-sellers-previous-month' })
    expect(sources(sellers.items).slice(0, 2)).to.deep.equal([
      ['e', 'best-sellers-previous-month'],
      ['a', 'trending'],
    ])
    expect(sellers.items).to.have.length(7)
  })

  it('are made for a guest from the products of the visit alone', async () => {
    const { service, view, ask, othersLookAround, metrics } = await setUp()
    await using _service = service
    await othersLookAround()
    await view('ann', ['a'])
    const { items, personalized } = await ask({ visit: ['a'] })
    expect(items.map(({ productId }) => productId)).to.deep.equal(['b', 'c'])
    expect(items).to.deep.equal((await ask({ userId: 'ann' })).items)
    expect(personalized).to.equal(true)
    const { body } = await metrics.scrape()
    expect(body).to.contain('vitrine_recommended_items_total{source="sessions"} 4')
  })

  it('add the product on the page to what is known, and never recommend it', async () => {
    const { service, view, ask, products, othersLookAround } = await setUp({ shop })
    await using _service = service
    await othersLookAround()
    await view('ann', ['g'])
    expect(sources((await ask({ userId: 'ann', current: 'a' })).items).slice(0, 2)).to.deep.equal([
      ['b', 'sessions'],
      ['c', 'sessions'],
    ])
    expect(await products({ userId: 'ann', current: 'a', filters: { seen: 'include' } })).to.not.include('a')
    const stranger = await ask({ userId: 'nobody', current: 'a' })
    expect(stranger.personalized).to.equal(false)
    expect(stranger.items.map(({ productId }) => productId)).to.not.include('a')
  })

  it('may hold what was seen when asked for, but never what was seen last', async () => {
    const { service, view, ask, products, othersLookAround } = await setUp({ shop })
    await using _service = service
    await othersLookAround()
    await view('ann', ['c', 'b', 'a'])
    expect(await products({ userId: 'ann' }))
      .to.not.include.members(['a'])
      .and.not.include.members(['b'])
    const { items } = await ask({ userId: 'ann', filters: { seen: 'include' } })
    expect(items.map(({ productId }) => productId))
      .to.include.members(['b', 'c'])
      .and.not.include('a')
    expect(items.find(({ productId }) => productId === 'b')?.because).to.deep.equal({
      kind: 'returns',
      product: 'b',
      stepsBack: 1,
    })
  })

  it('count a view at once: it is no longer recommended, and is the reason for others', async () => {
    const { service, view, ask, products, othersLookAround } = await setUp()
    await using _service = service
    await othersLookAround()
    await view('ann', ['a'])
    expect(await products({ userId: 'ann' })).to.deep.equal(['b', 'c'])
    await view('ann', ['b'], start + 1_000)
    const { items } = await ask({ userId: 'ann' })
    expect(items.map(({ productId, because }) => [productId, because['product']])).to.deep.equal([['c', 'a']])
  })

  it('let a product come that is newer than the catalogue, and none that has left it', async () => {
    const { service, clock, orders, view, products, until } = await setUp({ shop })
    await using _service = service
    for (const user of ['ben', 'cleo']) await view(user, ['a', 'gone'], start - minute)
    clock.now += minute
    for (const user of ['dan', 'eve']) await view(user, ['a', 'new'])
    await view('ann', ['a'])
    const before = await products({ userId: 'ann' })
    expect(before[0]).to.equal('new')
    expect(before).to.not.include('gone')
    expect(await products({ userId: 'ann', filters: { categories: ['hats', 'bags'] } })).to.not.include('new')

    clock.now += minute
    await publish(orders, { id: '2', shop: shop.filter(({ productId }) => productId !== 'b') }, clock.now)
    let now: string[] = []
    await until(() => {
      void products({ userId: 'ann' }).then(list => (now = list))
      return now.length > 0 && !now.includes('b')
    })
    expect(now).to.have.members(['c', 'd', 'e', 'f', 'g'])
  })

  it('forget at once what is to be forgotten, also while the store still has it', async () => {
    const { service, history, view, change, ask, products, othersLookAround, until } = await setUp()
    await using _service = service
    await othersLookAround()
    const seen = { userId: 'ann', source: 'desktop', timestamp: start, effectiveTime: start }
    await history.recordViews(['a', 'x'].map(productId => ({ ...seen, messageId: productId, productId })))
    await view('ann', ['x'], start)
    await view('ann', ['a'], start)
    expect(await products({ userId: 'ann' })).to.deep.equal(['b', 'c'])
    service.live.apply({ change: 'forget-product', userId: 'ann', productId: 'a', newest: null }, start)
    const { items } = await ask({ userId: 'ann' })
    expect(items.map(({ source }) => source)).to.not.include('sessions')
    expect(items.map(({ productId }) => productId))
      .to.include('a')
      .and.not.include('x')
    await change({ change: 'forget-user', userId: 'ann', newest: null })
    await until(() => service.live.index.latest('ann', 1).length === 0)
    expect(await products({ userId: 'ann' })).to.deep.equal(await products({ userId: 'nobody' }))
  })

  it('go on with what a guest looked at once he logs in', async () => {
    const { service, view, change, ask, othersLookAround, until } = await setUp()
    await using _service = service
    await othersLookAround()
    await view('guest', ['a'])
    const asGuest = await ask({ userId: 'guest' })
    expect(asGuest.items.map(({ source }) => source)).to.deep.equal(['sessions', 'sessions'])
    await change({ change: 'merge', userId: 'ann', guestId: 'guest', newest: null })
    await until(() => service.live.index.latest('ann', 1).length === 1)
    expect((await ask({ userId: 'ann' })).items).to.deep.equal(asGuest.items)
    expect((await ask({ userId: 'guest' })).personalized).to.equal(false)
  })

  it('stay full and personal while store and log are away, and say that they are degraded', async () => {
    const { service, history, orders, ranker, log, view, ask, othersLookAround } = await setUp({
      shop,
      rankings,
    })
    await using _service = service
    await othersLookAround()
    await view('ann', ['a'])
    const [ann, nobody] = [await ask({ userId: 'ann' }), await ask({ userId: 'nobody' })]
    log.setAvailable(false)
    expect(await ask({ userId: 'ann' })).to.deep.include({ items: ann.items, degraded: true })
    log.setAvailable(true)
    for (const store of [history, orders, ranker]) store.setAvailable(false)
    for (let n = 0; n < 5; n++) {
      expect((await ask({ userId: 'ann' })).items).to.deep.equal(ann.items)
      expect(await ask({ userId: `nobody-${n}` })).to.deep.include({ items: nobody.items, degraded: true })
    }
    while (!(await ask({ userId: 'ann' })).degraded) await new Promise(setImmediate)
    for (const store of [history, orders, ranker]) store.setAvailable(true)
  })

  it('wait for a store that hangs once, whatever is asked of it', async () => {
    const { service, history, orders, view, ask } = await setUp({ shop, rankings })
    await using _service = service
    await view('ann', ['a'])
    const never = () => new Promise<never>(() => {})
    history.latest = never
    orders.boughtSince = never
    const read = orders.ranking.bind(orders)
    orders.ranking = (version, category, ...rest) =>
      category === null ? read(version, category, ...rest) : never()
    const guard = createStoreGuard()
    const twice = guard(never).then(() => guard(never))
    const answer = await Promise.race([ask({ userId: 'ann' }), twice.then(() => null)])
    expect(answer?.degraded).to.equal(true)
    expect(answer?.items.map(({ productId }) => productId)).to.deep.equal(['e', 'f', 'g', 'd', 'c', 'b'])
  })

  it('come from the rest of the chain until the views before the start are read, and say so', async () => {
    const { service, log, view, ask, othersLookAround, until } = await setUp(
      { shop, rankings },
      { cold: true },
    )
    await using _service = service
    const cold = await ask({ visit: ['a'] })
    expect(cold).to.include({ warming: true, degraded: true })
    expect(sources(cold.items)).to.deep.equal([
      ['d', 'category-best-sellers'],
      ['e', 'best-sellers-previous-month'],
      ['f', 'best-sellers-ever'],
      ['g', 'catalogue'],
      ['c', 'catalogue'],
      ['b', 'catalogue'],
    ])
    log.setAvailable(true)
    await until(() => service.live.warm)
    await othersLookAround()
    await view('ann', ['a'])
    const { items, ...warm } = await ask({ userId: 'ann' })
    expect(warm).to.include({ warming: false, degraded: false })
    expect(items[0]?.source).to.equal('sessions')
  })

  it('keep to the filters, with nothing twice and no hole that the catalogue could fill', async () => {
    const ids = [...Array(24).keys()].map(n => `p-${n}`)
    const catalogue = ids.slice(0, 20).map((id, n) =>
      product(id, ['hats', 'bags', 'shoes'][n % 3], {
        price: n % 5 === 0 ? null : n,
        inStock: n % 4 === 0 ? null : n % 4 !== 1,
        createdAt: n,
      }),
    )
    const { service, orders, view, ask } = await setUp({
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
