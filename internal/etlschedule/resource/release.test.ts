import { expect } from 'chai'
import { compareReleases } from './release.ts'

describe('releases', () => {
  it('are ordered as Semantic Versioning orders them', () => {
    const inOrder = [
      '0.9.0',
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
      '1.0.10',
      '1.2.0',
      '1.10.0',
    ]
    for (const [a, older] of inOrder.entries()) {
      for (const [b, newer] of inOrder.entries()) {
        expect(Math.sign(compareReleases(older, newer) ?? NaN), `${older} ${newer}`).to.equal(
          Math.sign(a - b),
        )
      }
    }
  })

  it('are the same whatever their build is', () => {
    expect(compareReleases('v1.0.0+a', '1.0.0+b')).to.equal(0)
  })

  it('are not ordered where one is none', () => {
    for (const text of ['', 'latest', '1.0', '1.0.0.0']) expect(compareReleases(text, '1.0.0')).to.equal(null)
  })
})
