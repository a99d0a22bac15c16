import { expect } from 'chai'
import { Conflict, Unavailable } from '#internal/errors/errors.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { holdLease } from './hold.ts'

const ttlMs = 30

/** A lease whose renewals end as `renew` says; `givenBack` counts. */
function leaseThat(renew: () => Promise<void>) {
  const lease = {
    givenBack: 0,
    renew,
    async [Symbol.asyncDispose]() {
      lease.givenBack += 1
    },
  }
  return lease
}

describe('holding a lease', () => {
  it('renews it as long as it is held, and gives it back once', async () => {
    const renewed = Promise.withResolvers<void>()
    let renewals = 0
    const lease = leaseThat(async () => {
      renewals += 1
      if (renewals === 4) renewed.resolve()
    })
    const held = holdLease(lease, { ttlMs, onLost: renewed.reject, logger })
    await renewed.promise
    expect(lease.givenBack).to.equal(0)
    await held[Symbol.asyncDispose]()
    expect(lease.givenBack).to.equal(1)
  })

  it('tells that another has it', async () => {
    const lost = Promise.withResolvers<unknown>()
    const lease = leaseThat(async () => {
      throw new Conflict('the lease was lost')
    })
    await using _held = holdLease(lease, { ttlMs, onLost: lost.resolve, logger })
    expect(await lost.promise).to.be.instanceOf(Conflict)
  })

  it('tells that it may lapse while the store is away, but not at the first failure', async () => {
    const lost = Promise.withResolvers<unknown>()
    let failures = 0
    const lease = leaseThat(async () => {
      failures += 1
      throw new Unavailable('the store is away')
    })
    await using _held = holdLease(lease, { ttlMs: 300, onLost: lost.resolve, logger })
    expect(await lost.promise).to.be.instanceOf(Unavailable)
    expect(failures).to.be.greaterThan(1)
  })

  it('ends quietly when the store is away at the end', async () => {
    const lease = {
      renew: async () => {},
      async [Symbol.asyncDispose]() {
        throw new Unavailable('the store is away')
      },
    }
    await holdLease(lease, { ttlMs: 60_000, onLost: () => {}, logger })[Symbol.asyncDispose]()
  })
})
