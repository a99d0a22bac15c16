import { expect } from 'chai'
import type { Leases } from '#internal/leases/leases.ts'

export interface LeasesUnderTest extends AsyncDisposable {
  readonly leases: Leases
}

export type StartLeases = (now: () => number) => Promise<LeasesUnderTest | { readonly skip: string }>

let unique = 0
const newName = () => `lease-${process.pid}-${Date.now()}-${(unique += 1)}`

const failureOf = (promise: Promise<unknown> | undefined) =>
  promise?.then(
    () => null,
    (error: unknown) => error,
  )

/** What every adapter of the leases must keep. */
export function describeLeases(adapter: string, start: StartLeases): void {
  describe(`leases on ${adapter}`, function () {
    this.timeout(60_000)
    let clock = Date.now()
    let started: LeasesUnderTest
    let leases: Leases

    before(async function () {
      const result = await start(() => clock)
      if ('skip' in result) {
        process.stdout.write(`\nSKIPPED: leases on ${adapter}: ${result.skip}\n`)
        return this.skip()
      }
      started = result
      leases = started.leases
    })
    after(async () => started?.[Symbol.asyncDispose]())

    async function wait(ms: number): Promise<void> {
      clock += ms
      await new Promise(resolve => setTimeout(resolve, ms))
    }

    it('gives a lease to one at a time, until it is given back or lapses', async () => {
      const name = newName()
      const first = await leases.take(name, 'anna', 60_000)
      expect(first).to.not.equal(null)
      expect(await leases.take(name, 'bert', 60_000)).to.equal(null)
      expect(await leases.take(newName(), 'bert', 60_000), 'another name').to.not.equal(null)
      await first?.renew()
      await first?.[Symbol.asyncDispose]()
      const second = await leases.take(name, 'bert', 1_000)
      expect(second).to.not.equal(null)
      await wait(2_500)
      const third = await leases.take(name, 'carl', 60_000)
      expect(third).to.not.equal(null)
      expect(await failureOf(second?.renew())).to.have.property('code', 'conflict')
      await second?.[Symbol.asyncDispose]()
      expect(await leases.take(name, 'dora', 60_000), 'a lost lease frees nothing').to.equal(null)
    })

    it('gives it to one of many that ask at once', async () => {
      const name = newName()
      const holders = Array.from({ length: 8 }, (_, i) => `holder-${i}`)
      const taken = await Promise.all(holders.map(holder => leases.take(name, holder, 60_000)))
      expect(taken.filter(lease => lease !== null)).to.have.length(1)
    })

    it('keeps a lease that is renewed beyond its first time', async () => {
      const name = newName()
      const lease = await leases.take(name, 'anna', 3_000)
      await wait(1_500)
      await lease?.renew()
      await wait(2_000)
      expect(await leases.take(name, 'bert', 60_000)).to.equal(null)
    })
  })
}
