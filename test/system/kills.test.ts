import { expect } from 'chai'
import { setTimeout as sleep } from 'node:timers/promises'
import { clicks, expectedHistories } from './clicks.ts'
import { engineSets, startOrSkip } from './engine-sets.ts'
import { differences, untilLoaded } from './histories.ts'
import { mustRun, ready, start } from './processes.ts'
import type { WireView } from './clicks.ts'
import type { EngineSet } from './engine-sets.ts'
import type { ProcessName, Running } from './processes.ts'

const long = process.env['VITRINE_SOAK'] !== undefined
const kills = long ? 60 : 6
const viewCount = long ? 60_000 : 6_000

/** Sends views in small lists; a list that is not answered 202 is sent again until it is, to whichever ingestor runs. */
async function sendAll(views: readonly WireView[], ingestor: () => Running): Promise<void> {
  const lists: WireView[][] = []
  for (let i = 0; i < views.length; i += 20) lists.push(views.slice(i, i + 20))
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let list = lists.shift(); list; list = lists.shift()) {
        while (!(await taken(list, ingestor().url))) {
          mustRun(ingestor())
          await sleep(100)
        }
        await sleep(5)
      }
    }),
  )
}

async function taken(list: readonly WireView[], url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/v1/views`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(list),
      signal: AbortSignal.timeout(15_000),
    })
    await response.arrayBuffer()
    return response.status === 202
  } catch {
    return false
  }
}

for (const set of engineSets) {
  describe(`kill -9 on ${set.name}`, function () {
    this.timeout(long ? 1_800_000 : 300_000)
    const seed = Number(process.env['VITRINE_SEED'] ?? Date.now() % 1_000_000)
    let state = seed
    const random = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
    const prefix = `kills-${seed}-`
    const views = clicks('eshop-spring', Date.now() - 1_000)
      .slice(-viewCount)
      .map(view => ({ ...view, userid: prefix + view.userid, messageid: prefix + view.messageid }))
    const expected = expectedHistories(views)
    const running = new Map<ProcessName, Running>()
    let engines: EngineSet

    before(async function () {
      engines = await startOrSkip(set, this)
      const names = ['ingestor', 'loader', 'api'] as const
      const all = await Promise.all(names.map(name => start(name, engines.env)))
      for (const process of all) running.set(process.name as ProcessName, process)
    })
    after(async () => {
      await Promise.all([...running.values()].map(process => process[Symbol.asyncDispose]()))
      await engines?.[Symbol.asyncDispose]()
    })

    const get = (name: ProcessName) => running.get(name) as Running

    it(`of any process and any engine loses no view that was answered 202 (seed ${seed})`, async () => {
      const sent = sendAll(views, () => get('ingestor'))
      for (let kill = 0; kill < kills; kill += 1) {
        const name = (['ingestor', 'loader', 'api'] as const)[kill % 3] as ProcessName
        await sleep(200 + random() * 800)
        await get(name).kill()
        running.set(name, await start(name, engines.env, { waitReady: false }))
        if (kill === 3) await engines.crashEngines()
      }
      await sent
      await Promise.all([...running.values()].map(process => ready(process)))
      await untilLoaded(get('loader').opsUrl)
      expect(await differences(get('api').url, expected)).to.deep.equal([])
    })

    it('of one of two loaders leaves the rest of its work to the other', async () => {
      const second = await start('loader', engines.env)
      const again = views.map(view => ({
        ...view,
        userid: `two-${view.userid}`,
        messageid: `two-${view.messageid}`,
      }))
      const sent = sendAll(again.slice(0, 2_000), () => get('ingestor'))
      await sleep(500)
      await second.kill()
      await sent
      await untilLoaded(get('loader').opsUrl)
      expect(await differences(get('api').url, expectedHistories(again.slice(0, 2_000)))).to.deep.equal([])
    })

    it('is not needed to leave: SIGTERM ends each with code 0, and what waited is loaded at the next start', async () => {
      expect(await get('loader').stop()).to.equal(0)
      const later = views
        .slice(0, 1_000)
        .map(view => ({ ...view, userid: `later-${view.userid}`, messageid: `later-${view.messageid}` }))
      await sendAll(later, () => get('ingestor'))
      running.set('loader', await start('loader', engines.env))
      await untilLoaded(get('loader').opsUrl)
      expect(await differences(get('api').url, expectedHistories(later))).to.deep.equal([])
      expect(
        await Promise.all(['ingestor', 'api'].map(name => get(name as ProcessName).stop())),
      ).to.deep.equal([0, 0])
    })
  })
}
