import { expect } from 'chai'
import { readViews } from './read-views.ts'

const now = Date.UTC(2026, 10, 1)

function line(userid: string, productid: string, seconds: number, messageid?: string): string {
  const timestamp = new Date(now - 100_000 + seconds * 1000).toISOString()
  return JSON.stringify({ event: 'ProductView', userid, properties: { productid }, timestamp, messageid })
}

async function* linesOf(lines: readonly (string | null)[]) {
  for (const text of lines) yield { bytes: text === null ? null : Buffer.from(text) }
}

describe('reading views', () => {
  it('puts them in order of time, whatever the order of the lines', async () => {
    const { views } = await readViews(linesOf([line('ann', 'rug', 2), line('bob', 'lamp', 1)]), now)
    expect([...views.products].map(product => views.productIds[product])).to.deep.equal(['lamp', 'rug'])
    expect([...views.users].map(user => views.userIds[user])).to.deep.equal(['bob', 'ann'])
  })

  it('counts what is no view by reason and goes on', async () => {
    const noTime = JSON.stringify({ event: 'ProductView', userid: 'ann', properties: { productid: 'rug' } })
    const lines = [
      '{',
      null,
      noTime,
      '{"event":"ProductView"}',
      line('ann', 'rug', 1_000),
      line('ann', 'rug', 1),
    ]
    const { views, refused, lines: read } = await readViews(linesOf(lines), now)
    expect({ views: views.length, read }).to.deep.equal({ views: 1, read: 6 })
    expect(refused).to.deep.equal({
      'not-json': 1,
      'line-too-long': 1,
      'no-timestamp': 1,
      'missing-field': 1,
      'in-the-future': 1,
    })
  })

  it('takes a view that was sent again only once, and two looks of the same second as two', async () => {
    const lines = [line('ann', 'rug', 1, 'a'), line('ann', 'rug', 1, 'a'), line('ann', 'rug', 1, 'b')]
    const { views, repeats } = await readViews(linesOf([...lines, line('ann', 'rug', 1)]), now)
    expect({ views: views.length, repeats }).to.deep.equal({ views: 3, repeats: 1 })
  })
})
