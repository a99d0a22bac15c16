import { expect } from 'chai'
import { InvalidInput } from '#internal/errors/errors.ts'
import { cutSessions, splitSessions } from './sessions.ts'
import { viewsOf } from './test-support.ts'
import type { Look } from './test-support.ts'

const visitAt = (minute: number): Look => [`user ${minute}`, 'lamp', minute]

describe('visits', () => {
  it('end after 30 minutes of silence of their user, whatever others do', () => {
    const views = viewsOf([
      ['ann', 'lamp', 0],
      ['bob', 'sofa', 10],
      ['ann', 'rug', 29],
      ['ann', 'bed', 59],
    ])
    const { of, count, starts } = cutSessions(views)
    expect([...of]).to.deep.equal([0, 1, 0, 2])
    expect({ count, starts: [...starts] }).to.deep.equal({ count: 3, starts: [0, 600_000, 3_540_000] })
  })

  it('are split so that the newest share of them is asked about', () => {
    const sessions = cutSessions(viewsOf([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(visitAt)))
    expect([...splitSessions(sessions, { share: 0.3 }).asked]).to.deep.equal([0, 0, 0, 0, 0, 0, 0, 1, 1, 1])
  })

  it('are split at a time by when they begin, so that none is cut in two', () => {
    const views = viewsOf([
      ['ann', 'lamp', 0],
      ['bob', 'rug', 10],
      ['ann', 'sofa', 20],
    ])
    const { asked, at } = splitSessions(cutSessions(views), { at: 600_000 })
    expect({ asked: [...asked], at }).to.deep.equal({ asked: [0, 1], at: 600_000 })
  })

  it('refuse a split with nothing on one of its sides, naming the times that there are', () => {
    const sessions = cutSessions(viewsOf([0, 60].map(visitAt)))
    for (const at of [-1, 60 * 60_000 + 1]) {
      expect(() => splitSessions(sessions, { at })).to.throw(
        InvalidInput,
        /the visits begin from 1970-01-01T00:00:00.000Z to 1970-01-01T01:00:00.000Z$/,
      )
    }
  })

  it('refuse to be split when there is but one', () => {
    const sessions = cutSessions(viewsOf([visitAt(0)]))
    expect(() => splitSessions(sessions, { share: 0.1 })).to.throw(InvalidInput, /at least two visits/)
  })
})
