import { expect } from 'chai'
import fc from 'fast-check'
import { InvalidInput, Unavailable } from '#internal/errors/errors.ts'
import { writeOrRefuse } from './refused.ts'

describe('a batch with records that the store refuses for good', () => {
  it('is written but for exactly these', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 40 }), async poisonous => {
        const items = poisonous.map((poison, id) => ({ id, poison }))
        const written = new Set<number>()
        const refused = await writeOrRefuse(items, async some => {
          if (some.some(({ poison }) => poison)) throw new InvalidInput('cannot be stored')
          for (const { id } of some) written.add(id)
        })
        expect(refused).to.deep.equal(items.filter(({ poison }) => poison))
        expect([...written].sort((a, b) => a - b)).to.deep.equal(
          items.filter(({ poison }) => !poison).map(({ id }) => id),
        )
      }),
    )
  })

  it('is tried again as a whole when the store is merely away', async () => {
    const away = new Unavailable('away')
    const failure = await writeOrRefuse([1, 2], () => Promise.reject(away)).catch((error: unknown) => error)
    expect(failure).to.equal(away)
  })
})
