import { expect } from 'chai'
import { createStoreGuard } from './store-guard.ts'
import { rankings, setUpShop, shop, sources } from './test-support.ts'

describe('recommendations while the store or the log is away', () => {
  it('stay full and personal while store and log are away, and say that they are degraded', async () => {
    const { service, history, orders, ranker, log, view, ask, othersLookAround } = await setUpShop({
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
    const { service, history, orders, view, ask } = await setUpShop({ shop, rankings })
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
    const { service, log, view, ask, othersLookAround, until } = await setUpShop(
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
})
