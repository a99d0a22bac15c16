import { expect } from 'chai'
import { parseQuantity } from './quantity.ts'

describe('a quantity', () => {
  it('is read as Kubernetes reads it', () => {
    const read = Object.fromEntries(
      ['500m', '1.5', '.5', '2.', '1Ki', '0.5Gi', '1M', '1e3', '1E3', '1E', '-1'].map(text => [
        text,
        parseQuantity(text),
      ]),
    )
    expect(read).to.deep.equal({
      '500m': 0.5,
      '1.5': 1.5,
      '.5': 0.5,
      '2.': 2,
      '1Ki': 1_024,
      '0.5Gi': 2 ** 29,
      '1M': 1_000_000,
      '1e3': 1_000,
      '1E3': 1_000,
      '1E': 1e18,
      '-1': -1,
    })
    expect(parseQuantity(2)).to.equal(2)
  })

  it('is nothing else', () => {
    for (const text of ['', '.', 'm', '1 GB', '1GB', '1ki', '0x10', '1e', 'NaN'])
      expect(parseQuantity(text), text).to.equal(null)
  })
})
