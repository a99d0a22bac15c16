import { expect } from 'chai'
import { createCatalogue } from './catalogue.ts'
import { createCategoryTrending } from './category-trending.ts'
import { createSessionIndex } from './index/session-index.ts'
import type { Product } from '#internal/orders/store.ts'

const start = Date.UTC(2026, 10, 1)

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

/** A shop whose products stand in categories by the letter that their id begins with, and a clock to be moved. */
async function setUp(ids: readonly string[]) {
  const clock = { now: start }
  const index = createSessionIndex()
  const catalogueOf = (list: readonly string[]) => {
    const product = { title: null, price: null, inStock: null, createdAt: null }
    const products = list.map(
      (productId): Product => ({
        ...product,
        productId,
        categoryId: productId.charAt(0),
      }),
    )
    return createCatalogue(each(products), start)
  }
  const catalogue = await catalogueOf(ids)
  const trending = createCategoryTrending(index, () => clock.now)
  let users = 0
  const view = (productId: string, times: number) => {
    for (let n = 0; n < times; n++) index.add({ userId: `user-${users++}`, productId, time: start })
  }
  const told = async (...categories: string[]) =>
    (await trending.of(catalogue, categories)).map(({ productId, views }) => [productId, views])
  return { clock, catalogue, catalogueOf, trending, view, told }
}

describe('what is trending in categories', () => {
  it('is what is viewed most there, of several together, ties by id, and counts each view at once', async () => {
    const { view, told } = await setUp(['a1', 'a2', 'a3', 'b1', 'c1'])
    view('a2', 2)
    view('b1', 1)
    view('a1', 1)
    view('c1', 5)
    view('a9', 9)
    expect(await told('a')).to.deep.equal([
      ['a2', 2],
      ['a1', 1],
    ])
    expect(await told('b', 'a', 'b')).to.deep.equal([
      ['a2', 2],
      ['a1', 1],
      ['b1', 1],
    ])
    view('b1', 3)
    expect(await told('b', 'a')).to.have.deep.ordered.members([
      ['b1', 4],
      ['a2', 2],
      ['a1', 1],
    ])
    expect(await told('unheard-of')).to.deep.equal([])
  })

  it('is remembered for a second of a large category, as long as the catalogue stays the same', async () => {
    const ids = Array.from({ length: 2_001 }, (_, n) => `a${n}`)
    const { clock, catalogueOf, trending, view, told } = await setUp(ids)
    view('a7', 1)
    expect(await told('a')).to.deep.equal([['a7', 1]])
    view('a8', 2)
    clock.now += 999
    expect(await told('a')).to.deep.equal([['a7', 1]])
    const next = await catalogueOf(ids.slice(8))
    expect(await trending.of(next, ['a'])).to.deep.equal([{ productId: 'a8', views: 2 }])
    clock.now += 1
    expect(await told('a')).to.deep.equal([
      ['a8', 2],
      ['a7', 1],
    ])
  })

  it('lets others have their turns while a large category is looked through', async () => {
    const { told } = await setUp(Array.from({ length: 10_000 }, (_, n) => `a${n}`))
    let turns = 0
    let isDone = false
    const telling = told('a').then(() => (isDone = true))
    while (!isDone) {
      turns++
      await new Promise(setImmediate)
    }
    await telling
    expect(turns).to.be.at.least(15)
  })
})
