import { expect } from 'chai'
import fc from 'fast-check'
import { InvalidInput, Unavailable } from '#internal/errors/errors.ts'
import type { RankerStore, RankerWeights } from '#internal/recommend/ranker/store.ts'

export interface RankerUnderTest extends AsyncDisposable {
  readonly store: RankerStore
  /** One whose engine is away. */
  readonly away: RankerStore
  /** The versions that the engine holds, oldest first. */
  readonly versions: () => Promise<number[]>
}

export type StartRanker = () => Promise<RankerUnderTest | { readonly skip: string }>

type Unpublished = Omit<RankerWeights, 'version'>

const weightsOf = (lessons: number): Unpublished => ({
  features: 'next together',
  weights: [0.5, -0.25],
  memory: [1, 2],
  lessons,
  publishedAt: Date.UTC(2026, 10, 1),
  scores: { 'champion.hr': 0.5 },
})

// Zero has one sign in JSON.
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map(number => number + 0)
const anyWeights: fc.Arbitrary<Unpublished> = fc.record({
  features: fc.string({ unit: fc.constantFrom('a', '-', ' ', 'ä', '"') }),
  weights: fc.array(finite, { maxLength: 20 }),
  memory: fc.array(finite, { maxLength: 20 }),
  lessons: fc.maxSafeNat(),
  publishedAt: fc.integer({ min: 0, max: Date.UTC(2100, 0) }),
  scores: fc.dictionary(fc.stringMatching(/^[a-z.@0-9]{1,20}$/), finite, { noNullPrototype: true }),
})

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => error,
  )

/** What every adapter of the ranker's weights must keep; each is started empty. */
export function describeRankerStore(adapter: string, start: StartRanker): void {
  describe(`ranker store on ${adapter}`, function () {
    this.timeout(120_000)
    let started: RankerUnderTest
    let store: RankerStore

    before(async function () {
      const result = await start()
      if ('skip' in result) {
        process.stdout.write(`\nSKIPPED: ranker store on ${adapter}: ${result.skip}\n`)
        return this.skip()
      }
      started = result
      store = started.store
    })
    after(async () => started?.[Symbol.asyncDispose]())

    const newestVersion = async () => (await store.newest())?.version ?? null

    async function publishNext(lessons: number): Promise<number> {
      const after = await newestVersion()
      expect(await store.publish(weightsOf(lessons), after)).to.equal(true)
      return (after ?? 0) + 1
    }

    it('has no version before the first, which one of many that teach at once publishes', async () => {
      expect(await store.newest()).to.equal(null)
      expect(await store.publish(weightsOf(0), 3), 'nothing comes after what is not there').to.equal(false)
      const teachers = Array.from({ length: 8 }, (_, i) => i)
      const published = await Promise.all(teachers.map(i => store.publish(weightsOf(i), null)))
      expect(published.filter(Boolean)).to.have.length(1)
      expect(await store.newest()).to.deep.equal({ ...weightsOf(published.indexOf(true)), version: 1 })
    })

    it('gives back what was published last, to the last digit', async () => {
      await fc.assert(
        fc.asyncProperty(anyWeights, async weights => {
          const after = await newestVersion()
          expect(await store.publish(weights, after)).to.equal(true)
          expect(await store.newest()).to.deep.equal({ ...weights, version: (after ?? 0) + 1 })
        }),
        { numRuns: 30 },
      )
    })

    it('lets one of many publish after a version', async () => {
      const version = await publishNext(1)
      const teachers = Array.from({ length: 8 }, (_, i) => i)
      const published = await Promise.all(teachers.map(i => store.publish(weightsOf(i), version)))
      expect(published.filter(Boolean)).to.have.length(1)
      const newest = { ...weightsOf(published.indexOf(true)), version: version + 1 }
      expect(await store.newest()).to.deep.equal(newest)
    })

    it('publishes nothing after a version that is no longer the newest, however old', async () => {
      const first = await publishNext(1)
      for (let i = 0; i < 22; i += 1) await publishNext(i)
      const newest = await store.newest()
      for (const after of [null, 1, first, first + 21]) {
        expect(await store.publish(weightsOf(99), after), `after ${after}`).to.equal(false)
      }
      expect(await store.newest()).to.deep.equal(newest)
    })

    it('keeps the last 20 versions', async () => {
      let newest = 0
      for (let i = 0; i < 22; i += 1) newest = await publishNext(i)
      expect(await started.versions()).to.deep.equal(Array.from({ length: 20 }, (_, i) => newest - 19 + i))
    })

    it('refuses numbers that would spoil every list, and names where they are', async () => {
      const before = await newestVersion()
      const spoilt: Partial<Unpublished>[] = [
        { weights: [0, Number.NaN] },
        { memory: [Number.POSITIVE_INFINITY] },
        { scores: { learned: Number.NaN } },
      ]
      for (const change of spoilt) {
        const failure = await failureOf(store.publish({ ...weightsOf(1), ...change }, before))
        expect(failure).to.be.instanceOf(InvalidInput)
        expect(failure).to.have.property('field', Object.keys(change)[0])
      }
      expect(await newestVersion()).to.equal(before)
    })

    it('is frozen from the moment somebody says so until somebody says otherwise', async () => {
      expect(await store.frozen()).to.equal(false)
      for (const frozen of [true, true, false, false, true]) {
        await store.setFrozen(frozen)
        expect(await store.frozen()).to.equal(frozen)
      }
    })

    it('lets one teach at a time', async () => {
      const first = await store.takeLease('anna', 60_000)
      expect(first).to.not.equal(null)
      expect(await store.takeLease('bert', 60_000)).to.equal(null)
      await first?.renew()
      await first?.[Symbol.asyncDispose]()
      expect(await store.takeLease('bert', 60_000)).to.not.equal(null)
    })

    it('says of every call that it can be tried again while the engine is away', async () => {
      const { away } = started
      const calls = [
        away.newest(),
        away.publish(weightsOf(1), null),
        away.takeLease('anna', 1_000),
        away.frozen(),
        away.setFrozen(true),
      ]
      for (const failure of await Promise.all(calls.map(failureOf))) {
        expect(failure).to.be.instanceOf(Unavailable)
      }
    })
  })
}
