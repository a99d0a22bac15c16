import { expect } from 'chai'
import { Conflict } from '#internal/errors/errors.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { indexOf, minute, start, visit } from '../evidence/test-support.ts'
import { createFakeRankerStore } from './fake-store.ts'
import { features, featureSet, firstWeights } from './features.ts'
import { createRanker } from './ranker.ts'
import { startTeacher } from './teacher.ts'
import type { FakeRankerStore } from './fake-store.ts'
import type { RankerStore, RankerWeights } from './store.ts'

const visits = ['ann', 'ben', 'cleo', 'dan'].flatMap(user => visit(user, ['a', 'b', 'c']))
const others = [...visit('eve', ['a', 'd', 'e']), ...visit('fay', ['d', 'c', 'a']), ...visit('asker', ['a'])]
const lesson = { userId: 'asker', productId: 'd', time: start + minute }

const somebodys = features.map((_, n) => n / 10)
const published = (change: Partial<RankerWeights> = {}): Omit<RankerWeights, 'version'> => ({
  features: featureSet,
  weights: somebodys,
  memory: features.map(() => 1),
  lessons: 1_000,
  publishedAt: 0,
  scores: { learnedWins: 1 },
  ...change,
})

/** A teacher whose turns come at once, with what its metrics say. */
function startTestTeacher(store: RankerStore, options: { instance?: string; leaseTtlMs?: number } = {}) {
  const index = indexOf([...visits, ...others])
  const metrics = createMetrics({ service: 'api', version: '0' })
  const { instance = 'one', leaseTtlMs } = options
  const teacher = startTeacher({
    store,
    index,
    ranker: createRanker(index),
    instance,
    logger,
    metrics,
    now: () => 0,
    everyMs: 1,
    ...(leaseTtlMs !== undefined && { leaseTtlMs }),
  })
  async function metric(name: string): Promise<number> {
    const { body } = await metrics.scrape()
    return Number(body.match(new RegExp(`^vitrine_ranker_${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm'))?.[1])
  }
  return { teacher, metric, weights: () => Array.from(teacher.weights()) }
}
type TestTeacher = ReturnType<typeof startTestTeacher>

const until = async (what: () => boolean | Promise<boolean>) => {
  while (!(await what())) await new Promise(resolve => setTimeout(resolve, 1))
}
const isTeaching = async ({ metric }: TestTeacher) => (await metric('teaching')) === 1

/** Lets it teach until the store has a version from `version` on. */
const teachUntil = (store: FakeRankerStore, teachers: readonly TestTeacher[], version: number) =>
  until(() => {
    for (const { teacher } of teachers) teacher.consider(lesson)
    return (store.versions().at(-1) ?? 0) >= version
  })

/** A store that counts the turns in which it was asked. */
function countingTurns() {
  const turns = { count: 0 }
  const fake = createFakeRankerStore()
  const store: FakeRankerStore = {
    ...fake,
    newest() {
      turns.count++
      return fake.newest()
    },
  }
  return { store, turns }
}

describe('the teacher', () => {
  it('is one of two, and the other answers with what it publishes', async () => {
    const store = createFakeRankerStore()
    const [one, two] = [startTestTeacher(store), startTestTeacher(store, { instance: 'two' })]
    await using _one = one.teacher
    await using _two = two.teacher
    expect(one.weights()).to.deep.equal(firstWeights)
    await teachUntil(store, [one, two], 3)
    expect((await isTeaching(one)) !== (await isTeaching(two))).to.equal(true)
    const teaching = (await isTeaching(one)) ? one : two
    const following = teaching === one ? two : one
    await until(async () => (await following.metric('version')) >= 3)
    expect(await following.metric('lessons_total')).to.be.oneOf([0, Number.NaN])
    await store.setFrozen(true)
    await until(async () => (await teaching.metric('frozen')) + (await following.metric('frozen')) === 2)
    const newest = await store.newest()
    await until(async () => (await following.metric('version')) === newest?.version)
    expect(following.weights()).to.deep.equal(newest?.weights)
    expect(teaching.weights()).to.deep.equal(newest?.weights)
    expect(newest?.weights).to.not.deep.equal(firstWeights)
  })

  it('hands what it has learned to the next one when it leaves', async () => {
    const store = createFakeRankerStore()
    const one = startTestTeacher(store)
    await teachUntil(store, [one], 1)
    await one.teacher[Symbol.asyncDispose]()
    const left = await store.newest()
    const two = startTestTeacher(store, { instance: 'two' })
    await using _two = two.teacher
    await teachUntil(store, [two], (left?.version ?? 0) + 1)
    expect((await store.newest())?.lessons).to.be.greaterThan(left?.lessons ?? Infinity)
  })

  it('learns and publishes nothing while frozen, and goes on afterwards', async () => {
    const { store, turns } = countingTurns()
    const one = startTestTeacher(store)
    await using _one = one.teacher
    await teachUntil(store, [one], 1)
    await store.setFrozen(true)
    await until(async () => (await one.metric('frozen')) === 1)
    const [version, learned] = [store.versions().at(-1) ?? 0, await one.metric('lessons_total')]
    const turn = turns.count
    await until(() => {
      one.teacher.consider(lesson)
      return turns.count > turn + 5
    })
    expect(store.versions().at(-1)).to.equal(version)
    expect(await one.metric('lessons_total')).to.equal(learned)
    await store.setFrozen(false)
    await teachUntil(store, [one], version + 1)
  })

  it('stops once its lease is lost', async () => {
    const fake = createFakeRankerStore()
    let isTaken = false
    const store: RankerStore = {
      ...fake,
      async takeLease(holder, ttlMs) {
        const lease = isTaken ? null : await fake.takeLease(holder, ttlMs)
        isTaken = true
        return (
          lease && {
            ...lease,
            async renew() {
              throw new Conflict('somebody else has it')
            },
            async [Symbol.asyncDispose]() {},
          }
        )
      },
    }
    const one = startTestTeacher(store, { leaseTtlMs: 300 })
    await using _one = one.teacher
    await until(() => isTeaching(one))
    await until(async () => !(await isTeaching(one)))
    const learned = await one.metric('lessons_total')
    for (let n = 0; n < 100; n++) one.teacher.consider(lesson)
    expect(await one.metric('lessons_total')).to.deep.equal(learned)
  })

  it('gives way to another that published before it, and goes on from what that one learned', async () => {
    const fake = createFakeRankerStore()
    let isFirst = true
    const store: RankerStore = {
      ...fake,
      async publish(weights, after) {
        if (isFirst) await fake.publish(published(), after)
        isFirst = false
        return fake.publish(weights, after)
      },
    }
    const one = startTestTeacher(store)
    await using _one = one.teacher
    await teachUntil(fake, [one], 1)
    await until(async () => (await one.metric('version')) >= 1)
    await teachUntil(fake, [one], 2)
    expect((await fake.newest())?.lessons).to.be.within(1_001, 100_000)
  })

  it('gives way to another that published while it had nothing to publish', async () => {
    const store = createFakeRankerStore()
    const one = startTestTeacher(store)
    await using _one = one.teacher
    await until(() => isTeaching(one))
    await store.publish(published(), null)
    await until(async () => (await one.metric('version')) === 1)
    expect(one.weights()).to.deep.equal(somebodys)
    await teachUntil(store, [one], 2)
    expect((await store.newest())?.lessons).to.be.within(1_001, 100_000)
  })

  it('keeps the weights at hand while the store is away, and publishes when it is back', async () => {
    const store = createFakeRankerStore()
    const one = startTestTeacher(store)
    await using _one = one.teacher
    await teachUntil(store, [one], 1)
    await until(async () => (await one.metric('version')) >= 1)
    store.setAvailable(false)
    await new Promise(setImmediate)
    const weights = one.weights()
    for (let n = 0; n < 20; n++) {
      one.teacher.consider(lesson)
      await new Promise(resolve => setTimeout(resolve, 1))
    }
    expect(one.weights()).to.deep.equal(weights)
    store.setAvailable(true)
    await teachUntil(store, [one], (store.versions().at(-1) ?? 0) + 1)
  })

  it('leaves aside weights of other features, and first begins anew', async () => {
    const store = createFakeRankerStore()
    await store.publish(published({ features: 'unheard-of' }), null)
    const one = startTestTeacher(store)
    await using _one = one.teacher
    await until(async () => (await one.metric('version')) === 1)
    expect(one.weights()).to.deep.equal(firstWeights)
    await teachUntil(store, [one], 2)
    const newest = await store.newest()
    expect([newest?.features, newest?.weights.length]).to.deep.equal([featureSet, features.length])
    expect(newest?.lessons).to.be.lessThan(1_000)
  })

  it('goes on with the verdict on the learned weights where another stopped', async () => {
    const store = createFakeRankerStore()
    await store.publish(published({ scores: { learnedWins: 0 } }), null)
    const one = startTestTeacher(store)
    await using _one = one.teacher
    await teachUntil(store, [one], 2)
    expect((await store.newest())?.scores['learnedWins']).to.equal(0)
    await until(async () => (await one.metric('version')) >= 2)
    expect(one.weights()).to.deep.equal(firstWeights)
  })

  it('answers with the first weights while the learned ones are worse', async () => {
    const store = createFakeRankerStore()
    await store.setFrozen(true)
    const one = startTestTeacher(store)
    await using _one = one.teacher
    await store.publish(published(), null)
    await until(async () => (await one.metric('version')) === 1)
    expect(one.weights()).to.deep.equal(somebodys)
    await store.publish(published({ scores: { learnedWins: 0 } }), 1)
    await until(async () => (await one.metric('version')) === 2)
    expect(one.weights()).to.deep.equal(firstWeights)
  })
})
