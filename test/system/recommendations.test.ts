import { expect } from 'chai'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { itemsOf, metricOf, recommended, untilCounted, untilSameWeights } from './answers.ts'
import { clicks, shuffled, toNdjson } from './clicks.ts'
import { engineSets, startOrSkip } from './engine-sets.ts'
import { run, start, until } from './processes.ts'
import type { Item } from './answers.ts'
import type { WireView } from './clicks.ts'
import type { CuttableEngines, EngineSet } from './engine-sets.ts'
import type { Running } from './processes.ts'

const viewCount = 10_000
/** Of a visit without end the index keeps the newest 64 views, and of these which came first may decide. */
const longest = 64

for (const set of engineSets) {
  describe(`recommendations on ${set.name}`, function () {
    this.timeout(300_000)
    const seed = Date.now() % 1_000_000
    const family = (prefix: string) => (view: WireView) => ({
      ...view,
      userid: `${prefix}-${seed}-${view.userid}`,
      messageid: `${prefix}-${seed}-${view.messageid}`,
      properties: { productid: `${prefix}-${seed}-${view.properties.productid}` },
    })
    const newest = clicks('toy', Date.now() - 60_000)
      .sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1))
      .slice(-viewCount)
    const byUser = Map.groupBy(newest, ({ userid }) => userid)
    const views = newest.filter(({ userid }) => (byUser.get(userid)?.length ?? 0) <= longest)
    const clean = views.map(family('clean'))
    const users = [...new Set(shuffled(clean, seed).map(({ userid }) => userid))].slice(0, 200)
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-recommendations-'))
    const opened = new AsyncDisposableStack()
    let engines: EngineSet
    let cuttable: CuttableEngines
    let ingestor: Running
    let apis: [Running, Running]
    let sent = 0

    before(async function () {
      engines = opened.use(await startOrSkip(set, this))
      cuttable = opened.use(await engines.cuttable())
      ingestor = opened.use(await start('ingestor', engines.env))
      opened.use(await start('loader', engines.env))
      apis = [await start('api', cuttable.env), await start('api', cuttable.env)]
    })
    after(async () => {
      await Promise.all(apis?.map(api => api[Symbol.asyncDispose]()) ?? [])
      if (engines !== undefined) await run(['ranker', 'unfreeze'], engines.env)
      await opened.disposeAsync()
      rmSync(folder, { recursive: true, force: true })
    })

    async function send(list: readonly WireView[]): Promise<void> {
      const file = join(folder, 'views.ndjson')
      writeFileSync(file, toNdjson(list))
      const { code, stderr } = await run(['send', file], engines.env)
      expect(code, stderr).to.equal(0)
      sent += list.length
    }

    /** A visitor looks at products now, one after the other; both apis know of it afterwards. */
    async function look(userid: string, products: readonly string[]): Promise<void> {
      const counted = await Promise.all(
        apis.map(api => metricOf(api, 'vitrine_view_to_effect_seconds_count')),
      )
      for (const productid of products) {
        const response = await fetch(`${ingestor.url}/v1/views`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify([{ event: 'ProductView', userid, properties: { productid } }]),
        })
        expect(response.status).to.equal(202)
      }
      for (const [n, api] of apis.entries()) await untilCounted(api, (counted[n] ?? 0) + products.length)
    }

    const api = async (path: string, init: RequestInit) =>
      (await fetch(`${apis[0].url}/v1/users/${path}`, init)).status

    /** Products that many viewed with others, most viewed first. */
    const popular = [...Map.groupBy(clean, ({ properties }) => properties.productid)]
      .sort((a, b) => b[1].length - a[1].length)
      .map(([productId]) => productId)
    const fromSessions = (items: readonly Item[]) => items.filter(({ source }) => source === 'sessions')
    const productsOf = (items: readonly Item[]) => items.map(({ productId }) => productId)

    it('are the same from two processes that have read the same log and adopted the same weights', async () => {
      await send(clean)
      for (const one of apis) await untilCounted(one, sent)
      await until(
        'first weights learned',
        async () => (await metricOf(apis[0], 'vitrine_ranker_version')) > 0,
      )
      expect((await run(['ranker', 'freeze'], engines.env)).code).to.equal(0)
      await untilSameWeights(apis)

      const [one, other] = [await itemsOf(apis[0], users), await itemsOf(apis[1], users)]
      expect(other).to.deep.equal(one)
      const fromViews = [...one.values()].filter(items => fromSessions(items).length > 0)
      expect(fromViews.length).to.be.greaterThan(users.length / 2)
      for (const items of one.values()) expect(items).to.have.length(20)
    })

    it('are the same after a restart', async () => {
      const before = await itemsOf(apis[1], users)
      expect(await apis[1].stop()).to.equal(0)
      apis[1] = await start('api', cuttable.env)
      expect(await recommended(apis[1], users[0] as string)).to.include({ warming: false })
      await untilSameWeights(apis)
      expect(await itemsOf(apis[1], users)).to.deep.equal(before)
    })

    it('are the same from views that came twice, shuffled, and the newest tenth of them late', async () => {
      const messy = views.map(family('messy'))
      const [early, late] = [messy.slice(0, -viewCount / 10), messy.slice(-viewCount / 10)]
      await send([...shuffled([...early, ...early], seed), ...shuffled([...late, ...late], seed)])
      await untilCounted(apis[0], sent)

      const sessionsOf = async (prefix: string) => {
        const answers = await itemsOf(
          apis[0],
          users.map(user => user.replace('clean', prefix)),
        )
        return [...answers.values()].map(items =>
          JSON.stringify(fromSessions(items)).replaceAll(prefix, 'any'),
        )
      }
      expect(await sessionsOf('messy')).to.deep.equal(await sessionsOf('clean'))
    })

    it('count a view at once: its product is no longer recommended, and is the reason for others', async () => {
      const [user, product] = [`looker-${seed}`, popular[0] as string]
      expect((await recommended(apis[0], user)).type).to.equal('non-personalized')
      await look(user, [product])
      for (const one of apis) {
        const { type, items } = await recommended(one, user)
        expect(type).to.equal('personalized')
        expect(productsOf(items)).to.not.include(product)
        expect(items[0]?.because['product']).to.equal(product)
      }
    })

    it('change at once when a product is forgotten, or all of them', async () => {
      const user = `forgetter-${seed}`
      const [kept, forgotten] = popular as [string, string]
      await look(user, [kept, forgotten])
      const reasons = (items: readonly Item[]) => fromSessions(items).map(({ because }) => because['product'])
      expect(reasons((await recommended(apis[0], user)).items)).to.include(forgotten)

      expect(await api(`${user}/history/${forgotten}`, { method: 'DELETE' })).to.equal(200)
      const { items } = await recommended(apis[0], user)
      expect(reasons(items)).to.not.include(forgotten)
      expect(reasons(items)).to.include(kept)

      expect(await api(`${user}/history`, { method: 'DELETE' })).to.equal(200)
      const answer = await recommended(apis[0], user)
      expect(answer.type).to.equal('non-personalized')
      expect(answer.items).to.deep.equal((await recommended(apis[0], `nobody-${seed}`)).items)
      await until('forgotten by the other, too', async () => {
        return (await recommended(apis[1], user)).type === 'non-personalized'
      })
    })

    it('go on with what a guest looked at once he logs in', async () => {
      const [user, guest] = [`user-${seed}`, `guest-${seed}`]
      await look(guest, popular.slice(2, 4))
      const asGuest = await recommended(apis[0], guest)
      expect(asGuest.type).to.equal('personalized')
      const merged = await api(`${user}/merge`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ guestId: guest }),
      })
      expect(merged).to.equal(200)
      expect((await recommended(apis[0], user)).items).to.deep.equal(asGuest.items)
      expect((await recommended(apis[0], guest)).type).to.equal('non-personalized')
      await until('merged by the other, too', async () => {
        return (await recommended(apis[1], user)).type === 'personalized'
      })
    })

    it('still come while the store is away, and the log, too, and say that they are degraded', async () => {
      const [user] = users as [string]
      const before = await recommended(apis[0], user)
      expect(before.degraded).to.equal(false)

      await cuttable.cutStore()
      for (const cutMore of [async () => {}, () => cuttable.cutLog()]) {
        await cutMore()
        const unknown = await recommended(apis[0], `unknown-${seed}`)
        expect(unknown).to.include({ degraded: true, warming: false })
        expect(unknown.items).to.have.length(20)
        await until('known to be degraded', async () => (await recommended(apis[0], user)).degraded)
        expect((await recommended(apis[0], user)).items).to.deep.equal(before.items)
      }

      await cuttable.mend()
      await until('whole again', async () => !(await recommended(apis[0], user)).degraded, 120_000)
      await look(`afterwards-${seed}`, popular.slice(0, 1))
      expect((await recommended(apis[0], `afterwards-${seed}`)).type).to.equal('personalized')
    })
  })
}
