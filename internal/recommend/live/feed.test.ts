import { expect } from 'chai'
import { createFakeLog } from '#internal/eventlog/fake-log.ts'
import { historyChangesTopic, productViewsTopic, topics } from '#internal/eventlog/topics.ts'
import { changeToRecord } from '#internal/history/changes.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { createSessionIndex } from '../index/session-index.ts'
import { startIndexFeed } from './feed.ts'
import type { EventLog } from '#internal/eventlog/log.ts'
import type { HistoryChange } from '#internal/history/changes.ts'
import type { IndexFeedOptions } from './feed.ts'

const start = Date.UTC(2026, 10, 1)
const day = 86_400_000

const until = async (what: () => boolean) => {
  while (!what()) await new Promise(resolve => setTimeout(resolve, 1))
}

/** A log to be written to, whose clock is moved by hand, and feeds that read it. */
async function setUp() {
  const clock = { now: start + 60_000 }
  const log = createFakeLog({ now: () => clock.now })
  await log.ensureTopics(topics({ partitions: 3, historyTtlMs: day }))
  const appendValue = (value: string | null, key = 'ann') =>
    log.append(productViewsTopic, [{ key, value: value === null ? null : Buffer.from(value), headers: {} }])
  const view = (userid: string, productid: string, secondsAfter = 0) => {
    const timestamp = new Date(start + secondsAfter * 1_000).toISOString()
    return appendValue(
      JSON.stringify({ event: 'ProductView', userid, properties: { productid }, timestamp }),
      userid,
    )
  }
  const change = (one: HistoryChange) => log.append(historyChangesTopic, [changeToRecord(one)])

  function feed(options: Partial<IndexFeedOptions> = {}) {
    const index = createSessionIndex()
    const started = startIndexFeed({
      log,
      index,
      historyTtlMs: day,
      newestRecords: 1_000,
      logger,
      ...options,
    })
    const viewed = (userId: string) => index.latest(userId, 100).map(({ productId }) => productId)
    const warm = () => until(() => started.warm)
    return { feed: started, index, viewed, warm }
  }
  return { clock, log, appendValue, view, change, feed }
}

describe('the feed of the index', () => {
  it('says up to when views may be missing that were in the log before what it reads', async () => {
    const { clock, view, feed } = await setUp()
    for (let n = 0; n < 10; n++) {
      clock.now = start + n * 60_000
      await view('ann', `p${n}`)
    }
    const all = feed()
    await using _all = all.feed
    await all.warm()
    expect(all.feed.completeSince).to.equal(0)
    const newest = feed({ newestRecords: 9 })
    await using _newest = newest.feed
    await newest.warm()
    expect(newest.index.views).to.equal(3)
    expect(newest.feed.completeSince).to.equal(start + 7 * 60_000)
  })

  it('has all that was in the log when it says that it is warm, and nothing is live of that', async () => {
    const { view, feed } = await setUp()
    for (let n = 0; n < 500; n++) await view(`user-${n % 20}`, `product-${n}`, n)
    const live: string[] = []
    const { feed: one, index } = feed({ onLiveView: ({ productId }) => live.push(productId) })
    await using _one = one
    expect([one.warm, one.progress(), index.views]).to.deep.equal([false, 0, 0])
    while (!one.warm) {
      expect(one.progress()).to.be.within(0, 1)
      if (one.progress() < 1) expect(one.warm).to.equal(false)
      await new Promise(setImmediate)
    }
    expect([index.views, one.progress(), one.healthy]).to.deep.equal([500, 1, true])
    await view('user-1', 'new', 600)
    await until(() => live.length > 0)
    expect(live).to.deep.equal(['new'])
  })

  it('tells of a live view before it is taken in, and again afterwards', async () => {
    const { view, feed } = await setUp()
    const seen: [string, number][] = []
    const one = feed({
      onLiveView: () => seen.push(['before', one.index.views]),
      onEffect: () => seen.push(['after', one.index.views]),
    })
    await using _one = one.feed
    await one.warm()
    await view('ann', 'a')
    await until(() => seen.length === 2)
    expect(seen).to.deep.equal([
      ['before', 0],
      ['after', 1],
    ])
  })

  it('is warm at once where the log is empty', async () => {
    const { feed } = await setUp()
    const one = feed()
    await using _one = one.feed
    await one.warm()
    expect(one.feed.progress()).to.equal(1)
  })

  it('reads all changes before the first view, so that nothing forgotten is ever there', async () => {
    const { log, view, change, feed } = await setUp()
    await view('ann', 'a')
    await view('ann', 'b', 1)
    await view('ben', 'a')
    await change({ change: 'forget-product', userId: 'ann', productId: 'b', newest: null })
    await change({ change: 'forget-user', userId: 'ben', newest: null })
    const order: string[] = []
    const watched: Pick<EventLog, 'readAll' | 'ends'> = {
      ends: topic => log.ends(topic),
      readAll: (topic, from, handle, options) =>
        log.readAll(
          topic,
          from,
          async (records, signal) => {
            // Changes come slowly: the views must wait for them.
            if (topic === historyChangesTopic) await new Promise(resolve => setTimeout(resolve, 20))
            for (const _ of records) order.push(topic)
            await handle(records, signal)
          },
          options,
        ),
    }
    const one = feed({ log: watched })
    await using _one = one.feed
    await one.warm()
    expect(order.slice(0, 2)).to.deep.equal([historyChangesTopic, historyChangesTopic])
    expect([one.viewed('ann'), one.viewed('ben')]).to.deep.equal([['a'], []])
  })

  it('keeps forgotten what comes again later, also after a restart', async () => {
    const { clock, view, change, feed } = await setUp()
    await view('ann', 'a')
    await change({ change: 'forget-product', userId: 'ann', productId: 'a', newest: null })
    clock.now += 1_000
    await view('ann', 'a')
    await view('ann', 'b')
    for (let restart = 0; restart < 2; restart++) {
      const one = feed()
      await using _one = one.feed
      await one.warm()
      expect(one.viewed('ann')).to.deep.equal(['b'])
    }
    const one = feed()
    await using _one = one.feed
    await one.warm()
    await view('ann', 'a', 120)
    await until(() => one.viewed('ann').length === 2)
    expect(one.viewed('ann')).to.deep.equal(['a', 'b'])
  })

  it('lets nothing come back that was forgotten so long ago that nobody knows of it any more', async () => {
    const { clock, view, change, feed } = await setUp()
    const live: string[] = []
    const one = feed({ onLiveView: ({ productId }) => live.push(productId) })
    await using _one = one.feed
    await one.warm()
    // Nothing was ever forgotten, so old views may be imported.
    clock.now = start + 3 * day
    await view('ann', 'old')
    await until(() => one.index.views === 1)
    await change({ change: 'forget-product', userId: 'ann', productId: 'a', newest: null })
    await until(() => !one.index.isOf('ann', 'a', start))
    clock.now += 3 * day
    await one.feed.dropChangesBefore(clock.now - 2 * day)
    expect(one.index.isOf('ann', 'a', start)).to.equal(true)
    await view('ann', 'a', 10)
    await view('ann', 'a', (4 * day) / 1_000)
    await view('ann', 'b', (6 * day) / 1_000)
    await until(() => one.index.views === 2)
    expect([one.viewed('ann'), live]).to.deep.equal([
      ['b', 'old'],
      ['old', 'b'],
    ])
  })

  it('takes no view that is too old where the log has dropped changes before it began', async () => {
    const { clock, log, view, feed } = await setUp()
    clock.now = start + 3 * day
    await view('ann', 'a')
    await view('ann', 'b', (3 * day) / 1_000)
    const ends = await log.ends(historyChangesTopic)
    const shortened: Pick<EventLog, 'readAll' | 'ends'> = {
      ends: async topic =>
        topic === historyChangesTopic ? ends.map(end => ({ ...end, first: 1n, next: 1n })) : log.ends(topic),
      readAll: (...reading) => log.readAll(...reading),
    }
    const one = feed({ log: shortened })
    await using _one = one.feed
    await one.warm()
    expect(one.viewed('ann')).to.deep.equal(['b'])
  })

  it('carries out changes as they come, and tells of them', async () => {
    const { view, change, feed } = await setUp()
    const changes: string[] = []
    const one = feed({ onChange: ({ change: what }) => changes.push(what) })
    await using _one = one.feed
    await one.warm()
    await view('guest', 'a')
    await view('ann', 'b', 1)
    await until(() => one.index.views === 2)
    await change({ change: 'merge', userId: 'ann', guestId: 'guest', newest: null })
    await until(() => changes.length === 1)
    expect([one.viewed('ann'), one.viewed('guest')]).to.deep.equal([['b', 'a'], []])
    await change({ change: 'forget-user', userId: 'ann', newest: null })
    await until(() => changes.length === 2)
    expect([changes, one.index.views]).to.deep.equal([['merge', 'forget-user'], 0])
  })

  it('lets a deletion beat a view that the log already held, whatever a clock said', async () => {
    const { clock, view, change, feed } = await setUp()
    clock.now = start + 10_000
    await view('ann', 'a', 10)
    clock.now = start
    await change({ change: 'forget-product', userId: 'ann', productId: 'a', newest: start + 10_000 })
    const one = feed()
    await using _one = one.feed
    await one.warm()
    expect(one.viewed('ann')).to.deep.equal([])
  })

  it('reads only the newest records of a long log', async () => {
    const { view, feed } = await setUp()
    for (let n = 0; n < 100; n++) await view('ann', `product-${n}`, n)
    const one = feed({ newestRecords: 30 })
    await using _one = one.feed
    await one.warm()
    // All of them stand in one of three partitions.
    expect(one.viewed('ann')).to.have.length(10)
    expect(one.viewed('ann')[0]).to.equal('product-99')
  })

  it('skips what can’t be read, and is warm all the same', async () => {
    const { log, appendValue, view, feed } = await setUp()
    await view('ann', 'a')
    for (const value of ['{"event":', '{}', '[]', null, '\u0000']) await appendValue(value)
    await log.append(historyChangesTopic, [
      { key: 'ann', value: Buffer.from('{"change":"burn"}'), headers: {} },
      { key: 'ann', value: null, headers: {} },
    ])
    const one = feed()
    await using _one = one.feed
    await one.warm()
    expect(one.viewed('ann')).to.deep.equal(['a'])
  })

  it('is warm where the log ends with what is never handed out', async () => {
    const { log, view, feed } = await setUp()
    await view('ann', 'a')
    const marked: Pick<EventLog, 'readAll' | 'ends'> = {
      ends: async topic => (await log.ends(topic)).map(end => ({ ...end, next: end.next + 1n })),
      readAll(topic, from, handle, options) {
        for (const partition of [0, 1, 2]) setTimeout(() => options?.onReached?.(partition, 1n), 5)
        const onReached = (partition: number, next: bigint) => options?.onReached?.(partition, next + 1n)
        return log.readAll(topic, from, handle, { ...options, onReached })
      },
    }
    const one = feed({ log: marked })
    await using _one = one.feed
    await one.warm()
    expect(one.viewed('ann')).to.deep.equal(['a'])
  })

  it('waits for a log that is away at the start, and says so', async () => {
    const { log, view, feed } = await setUp()
    await view('ann', 'a')
    log.setAvailable(false)
    const one = feed()
    await using _one = one.feed
    await new Promise(resolve => setTimeout(resolve, 20))
    expect([one.feed.healthy, one.feed.warm]).to.deep.equal([false, false])
    log.setAvailable(true)
    await one.warm()
    expect([one.viewed('ann'), one.feed.healthy]).to.deep.equal([['a'], true])
  })

  it('keeps what it has while the log is away later, and goes on when it is back', async () => {
    const { log, view, feed } = await setUp()
    await view('ann', 'a')
    const one = feed()
    await using _one = one.feed
    await one.warm()
    log.setAvailable(false)
    expect([one.feed.healthy, one.feed.warm, one.viewed('ann')]).to.deep.equal([false, true, ['a']])
    log.setAvailable(true)
    await view('ann', 'b', 1)
    await until(() => one.viewed('ann').length === 2)
    expect(one.feed.healthy).to.equal(true)
  })

  it('can be left at any time', async () => {
    const { log, view, feed } = await setUp()
    await view('ann', 'a')
    await feed().feed[Symbol.asyncDispose]()
    log.setAvailable(false)
    const one = feed()
    await one.feed[Symbol.asyncDispose]()
    expect(one.feed.warm).to.equal(false)
  })
})
