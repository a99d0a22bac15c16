import { InvalidInput } from '#internal/errors/errors.ts'
import { bootstrapMeans, intervalOf } from './intervals.ts'
import { gini, percentile } from './metrics.ts'
import { readPast } from './past.ts'
import { askMethod } from './protocol.ts'
import { segmentsOf } from './tally.ts'
import type { Interval } from './intervals.ts'
import type { Method } from './method.ts'
import type { Material, Past } from './past.ts'
import type { ProtocolOptions } from './protocol.ts'
import type { Segment, Tally } from './tally.ts'

/** A mean over all questions. */
export interface Measured extends Interval {
  readonly value: number
}

/** A measure by its name in results. */
export const measureNames = ['hitRate', 'mrr', 'ndcg'] as const

export type Measures = Readonly<Record<(typeof measureNames)[number], Measured>>

export interface MethodResult extends Measures {
  readonly name: string
  /** Share of the products viewed before the split that were shown to anybody. */
  readonly coverage: number
  readonly popularity: {
    /** ARP: mean views, before the split, of what is shown. */
    readonly arp: number
    /** The same as a share of the most viewed product's views. */
    readonly arpShare: number
    /** Inequality of exposure over the catalogue: 0 even, towards 1 all to a few. */
    readonly gini: number
  }
  /** Of one answer. */
  readonly latencyMs: { readonly p50: number; readonly p99: number }
  /** Lists with fewer products than asked for or none; products shown twice or though forbidden (left out before scoring). */
  readonly lists: Tally['lists']
  /** Share of the questions whose next product is among the first 1, 2, … of the list. */
  readonly hitRateAt: readonly number[]
  readonly segments: readonly Segment[]
  /** The method's own state at the end, such as learned weights. */
  readonly state?: Record<string, unknown>
  /** This method minus the first, paired over the same visits; absent for the first. */
  readonly difference?: Measures
}

export interface Evaluation {
  readonly options: ProtocolOptions
  readonly data: {
    readonly views: number
    readonly users: number
    readonly products: number
    readonly sessions: number
    /** Views, and different products, of the visits that are only learned from. */
    readonly pastViews: number
    readonly pastProducts: number
    /** Visits with at least one question. */
    readonly askedSessions: number
    readonly questions: number
  }
  readonly methods: readonly MethodResult[]
}

/** What an evaluation is busy with, and how far: from 0 to 1. */
export interface EvaluationProgress {
  readonly doing: string
  readonly share: number
}

const viewsBetweenReports = 256

/**
 * Asks each method the same questions, one method after the other, and compares them with the first. `now` measures
 * latency, in milliseconds. Runs as fast as it is drained, so that the caller can show progress or stop. Throws
 * `InvalidInput` when there is nothing to ask.
 */
export function* evaluate(
  material: Material,
  methods: readonly (() => Method)[],
  options: ProtocolOptions,
  now: () => number,
): Generator<EvaluationProgress, Evaluation> {
  const past = readPast(material)
  const answered: Answers[] = []
  for (const create of methods) {
    const method = create()
    const tally = yield* withProgress(method, material, past, options, now)
    const state = method.report?.()
    answered.push({ name: method.name, tally, ...(state && { state }) })
  }
  const first = answered[0]?.tally
  if (!first || first.questions === 0) {
    throw new InvalidInput(
      'there is nothing to ask: no visit after the split has a second view that can be asked about',
    )
  }
  const { views, sessions } = material
  return {
    options,
    data: {
      views: views.length,
      users: views.userIds.length,
      products: views.productIds.length,
      sessions: sessions.count,
      pastViews: past.views,
      pastProducts: past.products,
      askedSessions: first.byVisit.questions.filter(questions => questions > 0).length,
      questions: first.questions,
    },
    methods: yield* compare(answered, past),
  }
}

interface Answers {
  readonly name: string
  readonly tally: Tally
  readonly state?: Record<string, unknown>
}

function* withProgress(
  method: Method,
  material: Material,
  past: Past,
  options: ProtocolOptions,
  now: () => number,
): Generator<EvaluationProgress, Tally> {
  const asking = askMethod(method, material, past, options, now)
  for (;;) {
    const step = asking.next()
    if (step.done) return step.value
    if (step.value % viewsBetweenReports === 0) {
      yield { doing: method.name, share: step.value / material.views.length }
    }
  }
}

function* compare(answered: readonly Answers[], past: Past): Generator<EvaluationProgress, MethodResult[]> {
  const columns = answered.flatMap(({ tally: { byVisit } }) => [
    byVisit.hits,
    byVisit.reciprocalRanks,
    byVisit.gains,
  ])
  const { questions } = (answered[0] as Answers).tally.byVisit
  const drawing = bootstrapMeans(onlyAsked(questions, columns))
  let step = drawing.next()
  for (; !step.done; step = drawing.next()) yield { doing: 'intervals', share: step.value }
  const rounds = step.value
  const total = questions.reduce((sum, value) => sum + value, 0)
  const means = columns.map(column => column.reduce((sum, value) => sum + value, 0) / total)

  const measured = (method: number) =>
    measures(measure => {
      const column = method * measureNames.length + measure
      return { value: means[column] as number, ...intervalOf(rounds[column] as Float64Array) }
    })
  const difference = (method: number) =>
    measures(measure => {
      const column = method * measureNames.length + measure
      const ofFirst = rounds[measure] as Float64Array
      const differences = (rounds[column] as Float64Array).map(
        (value, round) => value - (ofFirst[round] as number),
      )
      return { value: (means[column] as number) - (means[measure] as number), ...intervalOf(differences) }
    })

  return answered.map(({ name, tally, state }, method) => ({
    name,
    ...measured(method),
    ...(method > 0 && { difference: difference(method) }),
    ...describe(tally, past),
    ...(state && { state }),
  }))
}

function measures(of: (index: number) => Measured): Measures {
  return { hitRate: of(0), mrr: of(1), ndcg: of(2) }
}

/** Visits without a question tell nothing. */
function onlyAsked(questions: Float64Array, sums: readonly Float64Array[]) {
  const asked = (_: number, visit: number) => (questions[visit] as number) > 0
  return { questions: questions.filter(asked), sums: sums.map(column => column.filter(asked)) }
}

function describe(
  tally: Tally,
  past: Past,
): Omit<MethodResult, 'name' | keyof Measures | 'difference' | 'state'> {
  const { questions, shown, latenciesMs, ranks } = tally
  const shownOfPast = shown.filter(
    (times, product) => times > 0 && (past.viewsOf[product] as number) > 0,
  ).length
  const arp = tally.popularity / questions
  const latencies = Float64Array.from(latenciesMs).sort()
  let hits = 0
  return {
    coverage: past.products === 0 ? 0 : shownOfPast / past.products,
    popularity: {
      arp,
      arpShare: past.mostViews === 0 ? 0 : arp / past.mostViews,
      gini: gini(shown, past.products),
    },
    latencyMs: { p50: percentile(latencies, 50) ?? 0, p99: percentile(latencies, 99) ?? 0 },
    lists: tally.lists,
    hitRateAt: Array.from(ranks.subarray(1), found => (hits += found) / questions),
    segments: segmentsOf(tally),
  }
}
