import { createRandom } from './random.ts'
import { createVisitors } from './visitors.ts'
import type { Catalogue } from './catalogue.ts'
import type { ShopOptions } from './options.ts'
import type { Random } from './random.ts'
import type { Source, Visitors } from './visitors.ts'

/** One visit: what somebody looked at, when, and what of it they then bought. Products and users by number. */
export interface Visit {
  readonly user: number
  readonly source: Source
  readonly views: readonly { readonly product: number; readonly time: number }[]
  readonly purchase: { readonly time: number; readonly lines: readonly PurchaseLine[] } | null
}

export interface PurchaseLine {
  readonly product: number
  readonly quantity: number
}

const hourMs = 3_600_000
const restMs = 40 * 60_000
const mostViews = 20

/** Shares of a day's visits by hour, UTC: quiet at night, most in the evening. */
const dayCurve = [2, 1, 1, 1, 1, 2, 3, 4, 5, 5, 5, 5, 6, 5, 5, 5, 5, 6, 7, 8, 9, 8, 6, 4]
const dayCurveSum = dayCurve.reduce((sum, share) => sum + share, 0)

/**
 * All visits, in the order of their starts, an hour in memory at once. Everybody's visits lie apart from each other
 * by more than half an hour; all times lie in the days before `until`.
 */
export function* simulateVisits(options: ShopOptions, catalogue: Catalogue): Generator<Visit> {
  const { users, days, seed, until, visitsPerUserDay } = options
  const random = createRandom(seed, 'visits')
  const visitors = createVisitors(options, catalogue)
  const first = until - days * 24 * hourMs
  for (let from = first; from < until; from += hourMs) {
    const share = (dayCurve[new Date(from).getUTCHours()] as number) / dayCurveSum
    const starts = drawStarts(random, users * visitsPerUserDay * share, from)
    for (const start of starts) {
      const user = drawFree(random, visitors, start)
      if (user === null) continue
      const visit = simulateVisit(random, catalogue, visitors, user, start, until)
      if (visit !== null) yield visit
    }
  }
}

function drawStarts(random: Random, mean: number, from: number): Float64Array {
  const wanted = mean * (0.85 + random.unit() * 0.3)
  const count = Math.floor(wanted) + (random.chance(wanted % 1) ? 1 : 0)
  return Float64Array.from({ length: count }, () => from + random.between(0, hourMs - 1)).sort()
}

/** Somebody who is not here already; `null` when that is hard to find. */
function drawFree(random: Random, visitors: Visitors, start: number): number | null {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const user = visitors.draw(random)
    if (visitors.busyUntil(user) + restMs < start) return user
  }
  return null
}

function simulateVisit(
  random: Random,
  catalogue: Catalogue,
  visitors: Visitors,
  user: number,
  start: number,
  until: number,
): Visit | null {
  const category = visitors.drawCategory(random, user)
  const source = visitors.drawSource(random, user)
  const views: { product: number; time: number }[] = []
  let time = start
  let product = firstProduct(random, catalogue, visitors, user, category)
  while (time < until) {
    views.push({ product, time })
    if (views.length === mostViews || random.chance(0.17)) break
    time += random.between(5_000, 300_000)
    product = nextProduct(random, catalogue, visitors, user, product)
  }
  if (views.length === 0) return null
  const wanted = drawWanted(random, catalogue, views, until)
  for (const view of views) visitors.remember(user, view.product)
  const purchase = wanted && drawPurchase(random, wanted, views, until)
  visitors.setBusyUntil(user, purchase?.time ?? lastOf(views))
  return { user, source, views, purchase }
}

/** Every fourth visit begins where an earlier one left off. */
function firstProduct(
  random: Random,
  catalogue: Catalogue,
  visitors: Visitors,
  user: number,
  category: number,
): number {
  const known = random.chance(0.25) ? visitors.drawRemembered(random, user) : null
  return known ?? catalogue.drawProduct(random, category)
}

/** Mostly what goes with the last one, or another of its kind; sometimes something known; seldom something else. */
function nextProduct(
  random: Random,
  catalogue: Catalogue,
  visitors: Visitors,
  user: number,
  last: number,
): number {
  const dice = random.unit()
  if (dice < 0.5) return catalogue.drawCompanion(random, last)
  if (dice < 0.62) return visitors.drawRemembered(random, user) ?? catalogue.drawCompanion(random, last)
  const category = dice < 0.9 ? catalogue.categoryOf(last) : visitors.drawCategory(random, user)
  return catalogue.drawProduct(random, category)
}

/**
 * One visit in eight ends at the till, with one to three of the products that it looked at. What goes best with the first
 * of them is often looked at last, and taken along: `null` when nothing is bought.
 */
function drawWanted(
  random: Random,
  catalogue: Catalogue,
  views: { product: number; time: number }[],
  until: number,
): ReadonlySet<number> | null {
  if (!random.chance(1 / 8)) return null
  const count = random.chance(0.65) ? 1 : random.between(2, 3)
  const chosen = new Set<number>()
  for (let drawn = 0; drawn < count; drawn += 1) chosen.add(random.pick(views).product)
  const [first] = chosen
  const time = lastOf(views) + random.between(5_000, 120_000)
  if (first !== undefined && random.chance(0.5) && time < until && views.length < mostViews) {
    const along = catalogue.bestCompanion(first)
    views.push({ product: along, time })
    chosen.add(along)
  }
  return chosen
}

/** The order, some minutes after the last look; `null` when that is not over yet. */
function drawPurchase(
  random: Random,
  wanted: ReadonlySet<number>,
  views: Visit['views'],
  until: number,
): Visit['purchase'] {
  const time = lastOf(views) + random.between(30_000, 600_000)
  if (time >= until) return null
  const lines = [...wanted].map(product => ({
    product,
    quantity: random.chance(0.85) ? 1 : random.between(2, 4),
  }))
  return { time, lines }
}

function lastOf(views: Visit['views']): number {
  return views.at(-1)?.time ?? 0
}
