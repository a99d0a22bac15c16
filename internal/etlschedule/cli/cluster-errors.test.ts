import { expect } from 'chai'
import { Conflict, Misconfigured, Unavailable } from '#internal/errors/errors.ts'
import { NotFound } from '#internal/kube/errors.ts'
import { withWayOut } from './cluster-errors.ts'

describe('errors of a cluster', () => {
  it('say how EtlSchedules come to be known', () => {
    expect(withWayOut(new NotFound('404 page not found', undefined)))
      .to.be.instanceOf(Misconfigured)
      .with.property('message', 'the cluster does not know EtlSchedules yet: run vitrine crds apply')
  })

  it('ask whether it is the right cluster where nobody answers', () => {
    const refused = new Unavailable('could not list', {
      cause: Object.assign(new Error(), { code: 'ENOTFOUND' }),
    })
    expect(withWayOut(refused))
      .to.be.instanceOf(Unavailable)
      .with.property('message')
      .that.includes('--context')
  })

  it('stay as they are where they say enough', () => {
    for (const error of [new Conflict('a'), new NotFound('gone', 'orders'), new Unavailable('busy'), 'text'])
      expect(withWayOut(error)).to.equal(error)
  })
})
