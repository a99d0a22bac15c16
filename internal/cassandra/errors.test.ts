import { errors } from 'cassandra-driver'
import { expect } from 'chai'
import { Unavailable } from '#internal/errors/errors.ts'
import { translate } from './errors.ts'

describe('failures of Cassandra', () => {
  it('tell that it is away when no node could be asked, whatever the nodes met', () => {
    const noConnection = new errors.NoHostAvailableError({
      'node:9042': new Error('No connection available'),
    })
    expect(translate(noConnection, 'node:9042')).to.be.instanceOf(Unavailable)
    expect(translate(new errors.NoHostAvailableError({}), 'node:9042')).to.be.instanceOf(Unavailable)
  })

  it('are handed on as they came when they are none of its being away', () => {
    const bug = new TypeError('a bug')
    expect(translate(bug, 'node:9042')).to.equal(bug)
  })
})
