import { count, createTally } from './tally.ts'
import type { Method, Question } from './method.ts'
import type { Material, Past } from './past.ts'
import type { Answered, Tally } from './tally.ts'

export interface ProtocolOptions {
  /** How many products a list holds. */
  readonly limit: number
  /** A next product that nobody has viewed so far: count it as missed, or leave the question out. */
  readonly unknown: 'skip' | 'count'
  /** Ask for products new in the visit only; questions whose next product is not are left out. */
  readonly excludeSeen: boolean
  /** Show each view to the method after it was asked about, as a running service sees it. */
  readonly learn: boolean
  /** Stop after so many questions. */
  readonly maxSteps?: number
}

/** A visit while it is asked about. */
interface Going {
  /** Counted from 0 over the visits that are asked about. */
  readonly index: number
  readonly products: string[]
  readonly seen: Set<string>
}

/**
 * Asks a method about every view of the later visits but each visit's first: the visit so far is shown, the product
 * viewed next is the only right answer. Views come in order of time; when learning, earlier visits that go on are seen
 * as they happen, else all of them are learned first and no view of a later visit is. Yields how many views are done.
 */
export function* askMethod(
  method: Method,
  material: Material,
  past: Past,
  options: ProtocolOptions,
  now: () => number,
): Generator<number, Tally> {
  const { views, sessions, asked } = material
  const { limit, learn, maxSteps = Infinity } = options
  const visits = asked.reduce((sum, flag) => sum + flag, 0)
  const tally = createTally({ visits, products: views.productIds.length, limit })
  const known = new Uint8Array(views.productIds.length)
  const productNumbers = new Map(views.productIds.map((id, number) => [id, number]))
  const going = new Map<number, Going>()
  let met = 0
  let done = 0

  const isAsked = (view: number) => asked[sessions.of[view] as number] === 1

  function observe(view: number): void {
    const product = views.products[view] as number
    known[product] = 1
    method.observe({
      userId: views.userIds[views.users[view] as number] as string,
      productId: views.productIds[product] as string,
      time: views.times[view] as number,
    })
  }

  function visitOf(session: number): Going {
    const visit = going.get(session) ?? { index: met++, products: [], seen: new Set() }
    going.set(session, visit)
    return visit
  }

  function ask(view: number, { index, products, seen }: Going): void {
    const product = views.products[view] as number
    const next = views.productIds[product] as string
    const { excludeSeen } = options
    if (excludeSeen && seen.has(next)) return
    if (known[product] === 0 && options.unknown === 'skip') return
    const userId = views.userIds[views.users[view] as number] as string
    const question = { userId, visit: products, at: views.times[view] as number, limit, excludeSeen }
    const start = now()
    const answer = method.recommend(question)
    const latencyMs = now() - start
    const { list, faults } = check(answer, question, seen)
    const segments = {
      length: lengthSegment(products.length),
      next: seen.has(next) ? 0 : 1,
      fame: past.famous[product] === 1 ? 0 : past.viewsOf[product] === 0 ? 2 : 1,
    }
    const shown = list.map(id => productNumbers.get(id) ?? -1)
    count(
      tally,
      { visit: index, rank: list.indexOf(next) + 1, shown, faults, latencyMs, segments },
      past.viewsOf,
    )
  }

  function follow(view: number): void {
    // Without learning, a product that is not known never will be: the visit is as if it were not in it.
    if (!learn && options.unknown === 'skip' && known[views.products[view] as number] === 0) return
    const visit = visitOf(sessions.of[view] as number)
    if (visit.products.length > 0) ask(view, visit)
    const id = views.productIds[views.products[view] as number] as string
    visit.products.push(id)
    visit.seen.add(id)
  }

  if (!learn) {
    for (let view = 0; view < views.length; view += 1) {
      if (isAsked(view)) continue
      observe(view)
      yield (done += 1)
    }
    method.settle?.()
  }
  for (let view = 0; view < views.length && tally.questions < maxSteps; view += 1) {
    if (isAsked(view)) follow(view)
    else if (!learn) continue
    if (learn) observe(view)
    yield (done += 1)
  }
  return tally
}

/** What a shop could show of an answer: each product once, none that was forbidden, no more than asked for. */
function check(
  answer: readonly string[],
  { visit, limit, excludeSeen }: Question,
  seen: ReadonlySet<string>,
): { list: string[]; faults: Answered['faults'] } {
  const current = visit[visit.length - 1]
  const distinct = new Set(answer)
  const list = [...distinct].filter(id => id !== current && !(excludeSeen && seen.has(id)))
  const faults = { repeated: answer.length - distinct.size, forbidden: distinct.size - list.length }
  return { list: list.slice(0, limit), faults }
}

function lengthSegment(products: number): number {
  if (products === 1) return 0
  if (products <= 3) return 1
  return products <= 6 ? 2 : 3
}
