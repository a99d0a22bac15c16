import { expect } from 'chai'
import fc from 'fast-check'
import { table } from './table.ts'
import { wrap } from './text.ts'
import { inWords, relative } from './times.ts'
import type { Column } from './table.ts'

interface Row {
  readonly name: string
  readonly rows: string
  readonly note: string
}

const columns: readonly Column<Row>[] = [
  { head: 'NAME', cell: ({ name }) => name },
  { head: 'ROWS', cell: ({ rows }) => rows, align: 'right', goes: 2 },
  { head: 'NOTE', cell: ({ note }) => note, goes: 1 },
]

describe('tables on a terminal', () => {
  const items = [
    { name: 'a', rows: '1,203', note: 'fine' },
    { name: 'longer', rows: '7', note: '' },
  ]

  it('line up, figures to the right', () => {
    expect(table(items, columns, 80)).to.deep.equal([
      'NAME     ROWS  NOTE',
      'a       1,203  fine',
      'longer      7',
    ])
  })

  it('give up whole columns, the least needed first, and cut no cell', () => {
    expect(table(items, columns, 18)).to.deep.equal(['NAME     ROWS', 'a       1,203', 'longer      7'])
    expect(table(items, columns, 10)).to.deep.equal(['NAME', 'a', 'longer'])
    expect(table(items, columns, 3)).to.deep.equal(['NAME', 'a', 'longer'])
  })

  it('break sentences between words, and lose none', () => {
    const sentence = fc.array(fc.stringMatching(/^\S{1,12}$/), { minLength: 1 }).map(words => words.join(' '))
    fc.assert(
      fc.property(sentence, fc.integer({ min: 12, max: 40 }), (text, width) => {
        const lines = wrap(text, width)
        expect(lines.join(' ')).to.equal(text)
        expect(Math.max(...lines.map(({ length }) => length))).to.be.at.most(width)
      }),
    )
  })
})

describe('times on a terminal', () => {
  it('are told in one unit, the one that people would choose', () => {
    const words = [0, 1.9, 119, 120, 7_199, 7_200, 172_799, 172_800].map(seconds => inWords(seconds * 1_000))
    expect(words).to.deep.equal(['0 s', '1 s', '119 s', '2 min', '119 min', '2 h', '47 h', '2 d'])
  })

  it('are told as before or after now', () => {
    expect([-7_200_000, -1_000, -999, 999, 300_000].map(time => relative(time, 0))).to.deep.equal([
      '2 h ago',
      '1 s ago',
      'now',
      'now',
      'in 5 min',
    ])
  })
})
