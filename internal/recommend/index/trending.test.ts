import { expect } from 'chai'
import fc from 'fast-check'
import { compareBytes } from '#internal/domain/product-view.ts'
import { createInterner } from './interner.ts'
import { createTrending } from './trending.ts'
import { createViewCounts, spanMs } from './view-counts.ts'
import type { ViewCounts } from './view-counts.ts'

const start = Date.UTC(2026, 10, 1)

/** What is trending among views that come and go, and what it would be by counting all products one by one. */
function setUp(length: number, countsOf: (counts: ViewCounts) => ViewCounts = counts => counts) {
  const products = createInterner()
  const real = createViewCounts()
  const counts = countsOf(real)
  const trending = createTrending(counts, products, length)
  let newest = start
  function view(productId: string, time: number): void {
    const item = products.hold(productId)
    real.add(item, time)
    newest = Math.max(newest, time)
    trending.rose(item, newest)
  }
  function takeAway(productId: string, time: number): void {
    const item = products.find(productId)
    real.remove(item, time)
    trending.fell()
    if (products.release(item)) real.clear(item)
  }
  const top = () => trending.top(newest).map(({ item, views }) => [products.id(item), views])
  const expected = () =>
    [...Array(products.used).keys()]
      .filter(item => real.total(item) > 0)
      .map((item): [string, number] => [products.id(item), trending.of(item, newest)])
      .filter(([, views]) => views > 0)
      .sort((a, b) => b[1] - a[1] || compareBytes(a[0], b[0]))
      .slice(0, length)
  return { view, takeAway, top, expected, trending }
}

describe('what is trending', () => {
  it('is what counting all products one by one gives, whatever was viewed or forgotten in between', () => {
    const step = fc.record({
      product: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'),
      spans: fc.integer({ min: 0, max: 60 }),
      takesAway: fc.boolean(),
      asks: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const { view, takeAway, top, expected } = setUp(3)
        const there: [string, number][] = []
        for (const { product, spans, takesAway, asks } of steps) {
          const gone = takesAway ? there.findIndex(([id]) => id === product) : -1
          if (gone >= 0) takeAway(...(there.splice(gone, 1)[0] as [string, number]))
          else {
            const one: [string, number] = [product, start + spans * spanMs]
            there.push(one)
            view(...one)
          }
          if (asks) expect(top()).to.deep.equal(expected())
        }
        expect(top()).to.deep.equal(expected())
      }),
      { numRuns: 500 },
    )
  })

  it('is that also of many products once all were gone through after most of the first were forgotten', () => {
    const { view, takeAway, top, expected } = setUp(20)
    for (let n = 0; n < 5_000; n++) {
      for (let times = 0; times <= (n * 7) % 40; times++) view(`p-${n}`, start + (n % 20) * spanMs)
    }
    expect(top()).to.deep.equal(expected())
    for (let round = 0; round < 3; round++) {
      for (const [id] of expected()) {
        const n = Number((id as string).slice(2))
        for (let times = 0; times <= (n * 7) % 40; times++) takeAway(id as string, start + (n % 20) * spanMs)
      }
      const known = new Set(expected().map(([id]) => id))
      expect(top().filter(([id]) => known.has(id as string))).to.have.length.greaterThan(0)
      for (let questions = 0; questions < 6; questions++) top()
      expect(top()).to.deep.equal(expected())
    }
  })

  it('takes no question long, however many products there are', () => {
    let looks = 0
    const { view, takeAway, top } = setUp(20, counts => ({
      ...counts,
      decayed(...question) {
        looks++
        return counts.decayed(...question)
      },
    }))
    const most = () => {
      const before = looks
      top()
      return looks - before
    }
    for (let n = 0; n < 30_000; n++) view(`p-${n}`, start + (n % 4) * spanMs)
    expect(most()).to.be.at.most(2_500)
    for (let n = 0; n < 200; n++) {
      const [id] = top()[0] as [string, number]
      takeAway(id, start + (Number(id.slice(2)) % 4) * spanMs)
      expect(most()).to.be.at.most(2_500)
    }
  })
})
