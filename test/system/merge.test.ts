import { expect } from 'chai'
import { setTimeout as sleep } from 'node:timers/promises'
import { expectedHistories } from './clicks.ts'
import { engineSets, startOrSkip } from './engine-sets.ts'
import { differences, historyOf } from './histories.ts'
import { start, until } from './processes.ts'
import type { WireView } from './clicks.ts'
import type { EngineSet } from './engine-sets.ts'
import type { Running } from './processes.ts'

const guests = 40
const kills = 3

for (const set of engineSets) {
  describe(`a guest who logs in on ${set.name}`, function () {
    this.timeout(240_000)
    const now = Date.now()
    let engines: EngineSet
    let ingestor: Running
    let loader: Running
    let api: Running

    before(async function () {
      engines = await startOrSkip(set, this)
      ;[ingestor, loader, api] = await Promise.all([
        start('ingestor', engines.env),
        start('loader', engines.env),
        start('api', engines.env),
      ])
    })
    after(async () => {
      await Promise.all([ingestor, loader, api].map(process => process?.[Symbol.asyncDispose]()))
      await engines?.[Symbol.asyncDispose]()
    })

    const view = (userid: string, productid: string, secondsAgo: number): WireView => ({
      event: 'ProductView',
      messageid: `${userid} ${productid} ${now} ${secondsAgo}`,
      userid,
      properties: { productid },
      context: { source: 'desktop' },
      timestamp: new Date(now - secondsAgo * 1_000).toISOString(),
    })

    async function post(url: string, body: unknown): Promise<{ status: number; body: unknown }> {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(30_000),
      })
      return { status: response.status, body: await response.json() }
    }

    async function look(views: readonly WireView[]): Promise<void> {
      expect((await post(`${ingestor.url}/v1/views`, views)).status).to.equal(202)
    }

    async function merge(userId: string, guestId: string): Promise<void> {
      const answer = await post(`${api.url}/v1/users/${encodeURIComponent(userId)}/merge`, { guestId })
      expect(answer).to.deep.equal({ status: 200, body: { userId, guestId } })
    }

    const settled = (expected: ReadonlyMap<string, readonly string[]>) =>
      until('histories as expected', async () => {
        const wrong = await differences(api.url, expected)
        if (wrong.length > 0) throw new Error(JSON.stringify(wrong.slice(0, 3)))
        return true
      })

    it('keeps what was looked at as a guest, in its order, and the guest is left with nothing', async () => {
      const [user, guest] = [`merge-user-${now}`, `merge-guest-${now}`]
      await look([view(user, 'b', 50), view(user, 'd', 20)])
      await look([view(guest, 'a', 60), view(guest, 'b', 40), view(guest, 'c', 30), view(guest, 'd', 35)])
      const expected = new Map([
        [user, ['d', 'c', 'b', 'a']],
        [guest, []],
      ])
      await merge(user, guest)
      await settled(expected)
      await merge(user, guest)
      await settled(expected)

      await look([view(guest, 'e', 10)])
      await until('the later view', async () => (await historyOf(api.url, guest)).length > 0)
      expect(await historyOf(api.url, user)).to.deep.equal(['d', 'c', 'b', 'a'])
      await merge(user, guest)
      await settled(
        new Map([
          [user, ['e', 'd', 'c', 'b', 'a']],
          [guest, []],
        ]),
      )

      const answer = await fetch(`${api.url}/v1/users/${user}/history`, { method: 'DELETE' })
      expect(answer.status).to.equal(200)
      expect(await historyOf(api.url, user)).to.deep.equal([])
    })

    it('keeps it also when the loader is killed again and again meanwhile', async () => {
      const pairs = Array.from({ length: guests }, (_, i) => ({
        user: `killed-user-${now}-${i}`,
        guest: `killed-guest-${now}-${i}`,
      }))
      const looks = (who: string, from: number) =>
        Array.from({ length: 12 }, (_, i) =>
          view(who, `product-${(from * 5 + i * 7) % 30}`, 1_000 - i * 20 - from),
        )
      const before = pairs.map(({ user, guest }, i) => [...looks(user, i), ...looks(guest, i + 3)])

      const login = async (): Promise<void> => {
        for (const [i, { user, guest }] of pairs.entries()) {
          await look(before[i] as WireView[])
          await merge(user, guest)
          await sleep(20)
        }
      }
      const logins = login()
      for (let kill = 0; kill < kills; kill += 1) {
        await sleep(100 + Math.random() * 400)
        await loader.kill()
        loader = await start('loader', engines.env, { waitReady: false })
      }
      await logins

      const asUsers = new Map(pairs.map(({ user, guest }) => [guest, user]))
      const expected = expectedHistories(
        before.flat().map(one => ({ ...one, userid: asUsers.get(one.userid) ?? one.userid })),
      )
      for (const { guest } of pairs) expected.set(guest, [])
      await settled(expected)
    })
  })
}
