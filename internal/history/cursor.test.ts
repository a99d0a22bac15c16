import { expect } from 'chai'
import fc from 'fast-check'
import { isId } from '#internal/domain/id.ts'
import { InvalidInput } from '#internal/errors/errors.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'

function refusal(cursor: string): unknown {
  try {
    return decodeCursor(cursor)
  } catch (error) {
    return error
  }
}

describe('a cursor', () => {
  it('leads back to its position, whatever the product’s id', () => {
    const position = fc.record({
      viewedAt: fc.integer({ min: 0, max: 4e12 }),
      productId: fc.string({ unit: 'binary' }).filter(isId),
    })
    fc.assert(
      fc.property(position, at => {
        expect(decodeCursor(encodeCursor(at))).to.deep.equal(at)
      }),
    )
  })

  it('that nobody gave out is refused by name, never misread', () => {
    const word = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const forged = ['', 'x', '!!', word(null), word([]), word(['1', 'a']), word([1, 2]), word([1.5, 'a'])]
    for (const cursor of [
      ...forged,
      word([1, 'a', 2]),
      word([1, '']),
      word([-1, 'a']),
      word([Date.UTC(10_000, 0), 'a']),
      `${encodeCursor({ viewedAt: 1, productId: 'a' })}=`,
    ]) {
      expect(refusal(cursor), cursor).to.be.instanceOf(InvalidInput).with.property('field', 'cursor')
    }
  })
})
