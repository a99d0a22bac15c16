import { expect } from 'chai'
import { minute, product, publish, rankings, setUpShop, shop, sources, start } from './test-support.ts'

describe('recommendations from live views', () => {
  it('come first, then best sellers of his categories, trending, best sellers, and the catalogue', async () => {
    const { service, view, ask, othersLookAround } = await setUpShop({
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
    const { service, ask, othersLookAround } = await setUpShop({ shop, rankings })
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
    const { service, view, ask, othersLookAround, metrics } = await setUpShop()
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
    const { service, view, ask, products, othersLookAround } = await setUpShop({ shop })
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
    const { service, view, ask, products, othersLookAround } = await setUpShop({ shop })
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
    const { service, view, ask, products, othersLookAround } = await setUpShop()
    await using _service = service
    await othersLookAround()
    await view('ann', ['a'])
    expect(await products({ userId: 'ann' })).to.deep.equal(['b', 'c'])
    await view('ann', ['b'], start + 1_000)
    const { items } = await ask({ userId: 'ann' })
    expect(items.map(({ productId, because }) => [productId, because['product']])).to.deep.equal([['c', 'a']])
  })

  it('let a product come that is newer than the catalogue, and none that has left it', async () => {
    const { service, clock, orders, view, products, until } = await setUpShop({ shop })
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
    const { service, history, view, change, ask, products, othersLookAround, until } = await setUpShop()
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
    const { service, view, change, ask, othersLookAround, until } = await setUpShop()
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
})
