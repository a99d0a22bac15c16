import { expect } from 'chai'
import { createNewId } from './new-id.ts'

describe('new ids', () => {
  it('are UUIDv7s of now, each another, however many', () => {
    const newId = createNewId()
    const before = Date.now()
    const ids = Array.from({ length: 1_000 }, newId)
    expect(new Set(ids).size).to.equal(ids.length)
    for (const id of ids) {
      expect(id).to.match(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
      const time = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
      expect(time).to.be.within(before, Date.now())
    }
  })
})
