import { expect } from 'chai'
import { covers } from './covers.ts'

describe('whether an object is as it was applied', () => {
  const applied = {
    metadata: { labels: { ours: 'yes' } },
    spec: { suspend: false, template: { containers: [{ name: 'run', env: [], limits: { cpu: '0.5' } }] } },
  }
  const container = { name: 'run', terminationMessagePath: '/dev/termination-log', limits: { cpu: '500m' } }
  const found = {
    metadata: { labels: { ours: 'yes', theirs: 'too' }, uid: 'u' },
    spec: { suspend: false, concurrencyPolicy: 'Allow', template: { containers: [container] } },
  }

  it('holds beside defaults, what others added, empty lists left out and quantities spelled anew', () => {
    expect(covers(found, applied)).to.equal(true)
  })

  it('does not hold where a value, a label or a container differs', () => {
    const { spec, metadata } = found
    const withContainers = (...containers: object[]) => ({
      ...found,
      spec: { ...spec, template: { containers } },
    })
    expect(covers({ ...found, spec: { ...spec, suspend: true } }, applied)).to.equal(false)
    expect(covers({ ...found, metadata: { ...metadata, labels: { theirs: 'too' } } }, applied)).to.equal(
      false,
    )
    expect(covers(withContainers(container, { name: 'side' }), applied)).to.equal(false)
    expect(covers(withContainers({ ...container, limits: { cpu: '501m' } }), applied)).to.equal(false)
    expect(covers(withContainers(), applied)).to.equal(false)
    expect(covers(undefined, applied)).to.equal(false)
  })
})
