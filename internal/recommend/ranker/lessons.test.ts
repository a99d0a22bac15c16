import { expect } from 'chai'
import { indexOf, minute, start, visit } from '../evidence/test-support.ts'
import { firstWeights } from './features.ts'
import { createLessons } from './lessons.ts'
import { createRanker } from './ranker.ts'
import type { IndexedView } from '../index/session-index.ts'

function lessonsFrom(views: readonly IndexedView[], from: Parameters<typeof createLessons>[2] = null) {
  const index = indexOf(views)
  return createLessons(index, createRanker(index), from)
}

describe('lessons', () => {
  const views = [
    ...visit('ann', ['a', 'b']),
    ...visit('ben', ['a', 'c']),
    ...visit('cleo', ['a']),
    ...visit('dan', ['far']),
    ...visit('eve', ['a', 'c', 'e']),
  ]
  const time = start + 10 * minute
  const nothing = { weights: [...firstWeights], lessons: 0 }

  it('are views that follow another one', () => {
    const lessons = lessonsFrom(views)
    expect(lessons.take({ userId: 'cleo', productId: 'b', time })).to.equal(true)
    const { weights, lessons: count } = lessons.learned()
    expect(count).to.equal(1)
    expect(weights).to.not.deep.equal(firstWeights)
    expect(lessons.champion.lessons).to.equal(1)
  })

  it('are not the first view of a visitor, a reload, or a product that nobody viewed', () => {
    const lessons = lessonsFrom(views)
    for (const view of [
      { userId: 'new', productId: 'a', time },
      { userId: 'cleo', productId: 'a', time },
      { userId: 'cleo', productId: 'unknown', time },
    ]) {
      expect(lessons.take(view), JSON.stringify(view)).to.equal(false)
    }
    expect(lessons.learned()).to.deep.include(nothing)
    expect(lessons.champion.lessons).to.equal(0)
  })

  it('are not views that come again, or later than newer ones', () => {
    const lessons = lessonsFrom(views)
    for (const view of views) expect(lessons.take(view), JSON.stringify(view)).to.equal(false)
    expect(lessons.take({ userId: 'ben', productId: 'b', time: start - minute })).to.equal(false)
    expect(lessons.learned()).to.deep.include(nothing)
  })

  it('change no weight, but count against both, when the product was not foreseen at all', () => {
    const lessons = lessonsFrom(views)
    lessons.take({ userId: 'cleo', productId: 'far', time })
    expect(lessons.learned()).to.deep.include(nothing)
    expect([lessons.champion.lessons, lessons.champion.learned.hitRate]).to.deep.equal([1, 0])
  })

  it('add up, and go on from what was learned before', () => {
    const lessons = lessonsFrom(views)
    for (let n = 0; n < 10; n++) lessons.take({ userId: 'cleo', productId: 'b', time })
    const next = lessonsFrom(views, { ...lessons.learned(), learnedWins: true })
    for (const one of [lessons, next]) one.take({ userId: 'cleo', productId: 'c', time })
    expect(next.learned()).to.deep.equal(lessons.learned())
    expect(next.count).to.equal(11)
  })
})
