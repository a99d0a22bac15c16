import { createRandom, createWeightedChoice, zipfWeights } from './random.ts'
import type { Catalogue } from './catalogue.ts'
import type { ShopOptions } from './options.ts'
import type { Random } from './random.ts'

export const sources = ['mobile', 'desktop', 'app'] as const
export type Source = (typeof sources)[number]

const favourites = 3
const remembered = 8
const nothing = 0xffffffff

/** The shop's visitors by number: what each likes, comes with, and has looked at lately. A fixed number of bytes each. */
export interface Visitors {
  /** Somebody, the busy ones more often. */
  draw(random: Random): number
  /** What somebody comes for: mostly a category that they like. */
  drawCategory(random: Random, user: number): number
  drawSource(random: Random, user: number): Source
  /** Something that they looked at lately; `null` when there is nothing. */
  drawRemembered(random: Random, user: number): number | null
  remember(user: number, product: number): void
  /** Until when they are busy with their last visit, epoch milliseconds. */
  busyUntil(user: number): number
  setBusyUntil(user: number, time: number): void
}

export function createVisitors(options: ShopOptions, catalogue: Catalogue): Visitors {
  const { users, seed } = options
  const random = createRandom(seed, 'visitors')
  const liked = Uint8Array.from({ length: users * favourites }, () => catalogue.drawCategory(random))
  const device = Uint8Array.from({ length: users }, () => random.between(0, sources.length - 1))
  const memory = new Uint32Array(users * remembered).fill(nothing)
  const cursor = new Uint8Array(users)
  const busy = new Float64Array(users)
  const draw = createWeightedChoice(spread(zipfWeights(users, 0.4), random))

  return {
    draw,
    drawCategory(source, user) {
      if (source.chance(0.2)) return catalogue.drawCategory(source)
      return liked[user * favourites + source.between(0, favourites - 1)] as number
    },
    drawSource(source, user) {
      return source.chance(0.85) ? (sources[device[user] as number] as Source) : source.pick(sources)
    },
    drawRemembered(source, user) {
      const product = memory[user * remembered + source.between(0, remembered - 1)] as number
      return product === nothing ? null : product
    },
    remember(user, product) {
      const place = cursor[user] as number
      memory[user * remembered + place] = product
      cursor[user] = (place + 1) % remembered
    },
    busyUntil: user => busy[user] as number,
    setBusyUntil(user, time) {
      busy[user] = time
    },
  }
}

/** In another order, so that "user-1" is not the busiest. */
function spread(weights: number[], random: Random): number[] {
  for (let last = weights.length - 1; last > 0; last -= 1) {
    const other = random.between(0, last)
    const kept = weights[last] as number
    weights[last] = weights[other] as number
    weights[other] = kept
  }
  return weights
}
