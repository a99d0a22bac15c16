import { discountedGain, hit, reciprocalRank } from './metrics.ts'

/** What kind of question it was; each question belongs to one of each group. */
export const segmentGroups = {
  length: ['1 product', '2-3 products', '4-6 products', '7 or more'],
  next: ['seen in this visit', 'new in this visit'],
  fame: ['of the top 20 %', 'of the rest', 'not known before'],
} as const

export type SegmentGroup = keyof typeof segmentGroups

export interface Segment {
  readonly group: SegmentGroup
  readonly name: string
  readonly questions: number
  readonly hitRate: number
  readonly mrr: number
}

/** One question and how it was answered. */
export interface Answered {
  /** Counted from 0 over the visits that are asked about. */
  readonly visit: number
  /** Place of the next product, 0 when the list does not hold it. */
  readonly rank: number
  /** What was shown, as numbers of the catalogue; -1 for what it does not know. */
  readonly shown: readonly number[]
  readonly faults: { readonly repeated: number; readonly forbidden: number }
  readonly latencyMs: number
  /** Of each group, the index of its segment. */
  readonly segments: Readonly<Record<SegmentGroup, number>>
}

/** Sums over the answers of one method. */
export interface Tally {
  readonly limit: number
  questions: number
  readonly byVisit: {
    readonly questions: Float64Array
    readonly hits: Float64Array
    readonly reciprocalRanks: Float64Array
    readonly gains: Float64Array
  }
  /** Of each place, how often the next product stood there; at 0, how often nowhere. */
  readonly ranks: Uint32Array
  /** How often each product of the catalogue was shown. */
  readonly shown: Uint32Array
  /** Sum over the lists of the mean views, before the split, of what they show. */
  popularity: number
  readonly lists: { short: number; empty: number; repeated: number; forbidden: number }
  readonly latenciesMs: number[]
  readonly segments: Readonly<Record<SegmentGroup, { questions: number; hits: number; ranks: number }[]>>
}

export function createTally(sizes: { visits: number; products: number; limit: number }): Tally {
  const column = () => new Float64Array(sizes.visits)
  const segments = (group: SegmentGroup) =>
    segmentGroups[group].map(() => ({ questions: 0, hits: 0, ranks: 0 }))
  return {
    limit: sizes.limit,
    questions: 0,
    byVisit: { questions: column(), hits: column(), reciprocalRanks: column(), gains: column() },
    ranks: new Uint32Array(sizes.limit + 1),
    shown: new Uint32Array(sizes.products),
    popularity: 0,
    lists: { short: 0, empty: 0, repeated: 0, forbidden: 0 },
    latenciesMs: [],
    segments: { length: segments('length'), next: segments('next'), fame: segments('fame') },
  }
}

/** Adds an answer; `viewsOf` tells how often a product was viewed before the split. */
export function count(tally: Tally, answer: Answered, viewsOf: Uint32Array): void {
  const { visit, rank, shown, faults } = answer
  tally.questions += 1
  add(tally.byVisit.questions, visit, 1)
  add(tally.byVisit.hits, visit, hit(rank))
  add(tally.byVisit.reciprocalRanks, visit, reciprocalRank(rank))
  add(tally.byVisit.gains, visit, discountedGain(rank))
  add(tally.ranks, rank, 1)
  tally.latenciesMs.push(answer.latencyMs)
  tally.lists.repeated += faults.repeated
  tally.lists.forbidden += faults.forbidden
  if (shown.length < tally.limit) tally.lists.short += 1
  if (shown.length === 0) tally.lists.empty += 1
  else tally.popularity += shown.reduce((sum, product) => sum + (viewsOf[product] ?? 0), 0) / shown.length
  for (const product of shown) if (product >= 0) add(tally.shown, product, 1)
  for (const group of Object.keys(segmentGroups) as SegmentGroup[]) {
    const segment = tally.segments[group][answer.segments[group]]
    if (!segment) continue
    segment.questions += 1
    segment.hits += hit(rank)
    segment.ranks += reciprocalRank(rank)
  }
}

function add(column: Float64Array | Uint32Array, index: number, amount: number): void {
  column[index] = (column[index] as number) + amount
}

/** The segments that hold any question. */
export function segmentsOf(tally: Tally): Segment[] {
  return (Object.keys(segmentGroups) as SegmentGroup[]).flatMap(group =>
    tally.segments[group].flatMap(({ questions, hits, ranks }, index) => {
      const name = segmentGroups[group][index] as string
      return questions === 0
        ? []
        : [{ group, name, questions, hitRate: hits / questions, mrr: ranks / questions }]
    }),
  )
}
