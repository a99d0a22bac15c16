import { makers, themes } from './assortment.ts'
import { createRandom, createWeightedChoice, zipfWeights } from './random.ts'
import type { Theme } from './assortment.ts'
import type { ShopOptions } from './options.ts'
import type { Random } from './random.ts'

export interface GeneratedProduct {
  readonly productId: string
  readonly categoryId: string
  readonly title: string
  /** With two decimals. */
  readonly price: string
  readonly inStock: boolean
  /** Epoch milliseconds. */
  readonly createdAt: number
}

/** Products by number, 0 to count - 1, and who draws whom. */
export interface Catalogue {
  readonly count: number
  readonly categories: number
  product(index: number): GeneratedProduct
  /** A category, some more liked than others. */
  drawCategory(random: Random): number
  /** A product of a category, few of them with most of the looks. */
  drawProduct(random: Random, category: number): number
  categoryOf(index: number): number
  /** One of the few products that people look at together with this one. */
  drawCompanion(random: Random, index: number): number
  /** The one of them that people buy together with it. */
  bestCompanion(index: number): number
}

const dayMs = 86_400_000
const companions = 4
const tailExponent = 0.9

/** Ids in the order of numbers, but popularity in an order of its own, so that "product-1" is nothing special. */
export function createCatalogue(options: ShopOptions): Catalogue {
  const { products: count, seed } = options
  const categories = Math.min(themes.length, count)
  const order = shuffled(count, createRandom(seed, 'popularity'))
  const drawCategory = createWeightedChoice(zipfWeights(categories, 0.5))

  const members: Uint32Array[] = Array.from({ length: categories }, (_, category) =>
    order.filter((_index, rank) => rank % categories === category),
  )
  const rankOf = new Uint32Array(count)
  const category = new Uint8Array(count)
  members.forEach((list, number) =>
    list.forEach((index, rank) => {
      rankOf[index] = rank
      category[index] = number
    }),
  )
  const draws = members.map(list => createWeightedChoice(zipfWeights(list.length, tailExponent)))

  const membersWith = (index: number) => members[category[index] as number] as Uint32Array
  function companion(index: number, step: number): number {
    const list = membersWith(index)
    return list[((rankOf[index] as number) + step) % list.length] as number
  }

  const catalogue: Catalogue = {
    count,
    categories,
    product: index => describe(index, themes[category[index] as number] as Theme, options),
    drawCategory,
    drawProduct(random, wanted) {
      return members[wanted]?.[draws[wanted]?.(random) as number] as number
    },
    categoryOf: index => category[index] as number,
    drawCompanion(random, index) {
      const { length } = membersWith(index)
      return companion(index, 1 + Math.floor(random.unit() * Math.min(companions, length - 1)))
    },
    bestCompanion: index => companion(index, 1),
  }
  return catalogue
}

function describe(index: number, theme: Theme, { seed, until, days }: ShopOptions): GeneratedProduct {
  const random = createRandom(seed, `product ${index}`)
  const [least, most] = theme.price
  // Squared: most things are cheap, some are dear.
  const price = Math.round(least + (most - least) * random.unit() ** 2) + (random.chance(0.7) ? 0.99 : 0.5)
  return {
    productId: productId(index),
    categoryId: theme.categoryId,
    title: `${random.pick(makers)} ${random.pick(theme.traits)} ${random.pick(theme.things)}`,
    price: price.toFixed(2),
    inStock: !random.chance(0.06),
    createdAt: until - days * dayMs - random.between(1, 730 * dayMs),
  }
}

/** "product-1" for the first. */
export const productId = (index: number) => `product-${index + 1}`

function shuffled(count: number, random: Random): Uint32Array {
  const list = Uint32Array.from({ length: count }, (_, index) => index)
  for (let last = count - 1; last > 0; last -= 1) {
    const other = random.between(0, last)
    const kept = list[last] as number
    list[last] = list[other] as number
    list[other] = kept
  }
  return list
}
