import { expect } from 'chai'
import fc from 'fast-check'
import { splitLines } from './lines.ts'

async function* inChunks(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let start = 0
  for (let i = 0; start < bytes.length; i += 1) {
    const size = sizes.length === 0 ? bytes.length : (sizes[i % sizes.length] as number)
    yield bytes.subarray(start, start + size)
    start += size
  }
}

async function lines(bytes: Buffer, sizes: readonly number[] = [], limit?: number) {
  const found = await Array.fromAsync(splitLines(inChunks(bytes, sizes), limit))
  return found.map(({ number, bytes: line }) => [number, line?.toString('latin1') ?? null])
}

describe('lines of a stream', () => {
  it('need no end on the last one, and may be blank, end in CRLF or begin with a byte order mark', async () => {
    expect(await lines(Buffer.from('\ufeffa\r\n\n  \nb'))).to.deep.equal([
      [1, 'a'],
      [4, 'b'],
    ])
    expect(await lines(Buffer.alloc(0))).to.deep.equal([])
    expect(await lines(Buffer.from('\n\n'))).to.deep.equal([])
  })

  it('are the same wherever the chunks are cut', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '\n', '\r', ' '), maxLength: 60 })
    const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(text, sizes, async (source, cuts) => {
        const bytes = Buffer.from(source)
        expect(await lines(bytes, cuts, 8)).to.deep.equal(await lines(bytes, [], 8))
      }),
    )
  })

  it('longer than the limit are told and skipped, and the next one is read', async () => {
    for (const sizes of [[], [1], [5]]) {
      expect(await lines(Buffer.from('12345678\n123456789\n12345678\r\nx'), sizes, 8)).to.deep.equal([
        [1, '12345678'],
        [2, null],
        [3, '12345678'],
        [4, 'x'],
      ])
    }
  })
})
