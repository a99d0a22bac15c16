import { expect } from 'chai'
import { createHash, randomUUID } from 'node:crypto'
import { deadLetterTopic, productViewsTopic } from '#internal/eventlog/topics.ts'
import { deadLetterHeaders, toDeadLetter } from '#internal/load/dead-letters.ts'
import { expectedHistories } from './clicks.ts'
import { engineSets, startOrSkip } from './engine-sets.ts'
import { differences, historyOf, untilLoaded } from './histories.ts'
import { openLog, readToEnd } from './logs.ts'
import { manyPoisons } from './poisons.ts'
import { run, start } from './processes.ts'
import type { Appended, EventLog, LogRecord, NewRecord } from '#internal/eventlog/log.ts'
import type { WireView } from './clicks.ts'
import type { EngineSet } from './engine-sets.ts'
import type { Running } from './processes.ts'

const goodCount = 10_000
const poisonCount = 1_000
const chunk = 500

for (const set of engineSets) {
  describe(`poison in the log on ${set.name}`, function () {
    this.timeout(300_000)
    const mark = randomUUID()
    const views = Array.from({ length: goodCount }, (_, n) => goodView(mark, n))
    const records = mixed(views, manyPoisons(poisonCount), mark)
    const appended: Appended[] = []
    let engines: EngineSet
    let log: EventLog
    let loader: Running
    let api: Running

    before(async function () {
      engines = await startOrSkip(set, this)
      log = openLog(engines.env)
      ;[loader, api] = await Promise.all([start('loader', engines.env), start('api', engines.env)])
    })
    after(async () => {
      await api?.[Symbol.asyncDispose]()
      await loader?.[Symbol.asyncDispose]()
      await log?.[Symbol.asyncDispose]()
      await engines?.[Symbol.asyncDispose]()
    })

    it('keeps no good view from its history', async () => {
      for (let i = 0; i < records.length; i += chunk) {
        appended.push(...(await log.append(productViewsTopic, records.slice(i, i + chunk))))
      }
      await untilLoaded(loader.opsUrl)
      expect(await differences(api.url, expectedHistories(views))).to.deep.equal([])
      expect(loader.child.exitCode).to.equal(null)
    })

    it('is kept as dead letters: each once, byte for byte, with its place and the reason', async () => {
      const letters = await readToEnd(log, deadLetterTopic)
      const kept = letters.filter(({ headers }) => headers['mark'] === mark)
      const expected = records.flatMap(({ value, headers }, i) =>
        headers['mark'] === mark ? [`${placeOf(appended[i] as Appended)} ${digest(value)}`] : [],
      )
      expect(kept.length).to.equal(poisonCount)
      expect(kept.map(letter => `${originOf(letter)} ${digest(letter.value)}`).sort()).to.deep.equal(
        expected.sort(),
      )
      const reasons = new Set(kept.map(({ headers }) => headers[deadLetterHeaders.reason] ?? ''))
      expect([...reasons]).to.have.members([
        'bad-id',
        'bad-timestamp',
        'missing-field',
        'not-json',
        'not-utf8',
        'too-old',
        'wrong-event',
        'wrong-type',
      ])
    })

    it('is tried again once by a replay, which loads what is understood by now; a second replay finds nothing', async () => {
      const record = {
        topic: productViewsTopic,
        partition: 0,
        offset: 0n,
        appendTime: Date.now(),
        headers: {},
      }
      const late = { ...goodView(mark, goodCount), userid: `late-${mark}` }
      const value = Buffer.from(JSON.stringify(late))
      const letter = toDeadLetter({ record: { ...record, key: late.userid, value }, reason: 'not-json' })
      await log.append(deadLetterTopic, [letter])

      const first = await replay(engines.env)
      expect(first.replayed).to.equal(1)
      expect(first.left).to.be.at.least(poisonCount)
      expect(await replay(engines.env)).to.deep.equal({ replayed: 0, left: 0 })

      await untilLoaded(loader.opsUrl)
      expect(await historyOf(api.url, late.userid)).to.deep.equal([late.properties.productid])
    })
  })
}

function goodView(mark: string, n: number): WireView {
  return {
    event: 'ProductView',
    messageid: `${mark}-${n}`,
    userid: `${mark}-${n % 500}`,
    properties: { productid: `product-${n}` },
    context: { source: 'desktop' },
    timestamp: new Date(Date.now() - 60_000 + n).toISOString(),
  }
}

/** Each poison after ten good views; some poisons have a key, some have none. */
function mixed(views: readonly WireView[], poison: readonly (Buffer | null)[], mark: string): NewRecord[] {
  const share = views.length / poison.length
  return poison.flatMap((value, n) => [
    ...views.slice(n * share, (n + 1) * share).map(view => ({
      key: view.userid,
      value: Buffer.from(JSON.stringify(view)),
      headers: {},
    })),
    { key: n % 2 === 0 ? `key-${n}` : null, value, headers: { mark } },
  ])
}

async function replay(env: Record<string, string>): Promise<{ replayed: number; left: number }> {
  const { code, stdout, stderr } = await run(['dead-letters', 'replay'], env)
  expect(code, stderr).to.equal(0)
  return JSON.parse(stdout) as { replayed: number; left: number }
}

function placeOf({ partition, offset }: Appended): string {
  return `${productViewsTopic}-${partition}-${offset}`
}

function originOf({ headers }: LogRecord): string {
  const { topic, partition, offset } = deadLetterHeaders
  return `${headers[topic]}-${headers[partition]}-${headers[offset]}`
}

function digest(value: Buffer | null): string {
  return value === null ? 'null' : createHash('sha256').update(value).digest('hex')
}
