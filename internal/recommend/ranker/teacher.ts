import { setTimeout as sleep } from 'node:timers/promises'
import { Unavailable } from '#internal/errors/errors.ts'
import { holdLease } from '#internal/leases/hold.ts'
import { startPolling } from '../polling.ts'
import { createCpuBudget } from './cpu-budget.ts'
import { features, featureSet, firstWeights } from './features.ts'
import { createLessons } from './lessons.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { IndexedView, SessionIndex } from '../index/session-index.ts'
import type { Lessons } from './lessons.ts'
import type { Ranker } from './ranker.ts'
import type { RankerStore, RankerWeights } from './store.ts'

/** Of one core; ten times that until the first lessons are in. */
const cpuShare = 0.05
const firstLessons = 2_000
const firstCpuShare = 10 * cpuShare

/** The weights that answers are made with, the same in every process, and the lessons of the one that teaches. */
export interface Teacher extends AsyncDisposable {
  /** As published last; the first weights before that, and while the learned ones are worse. */
  weights(): ArrayLike<number>
  /** A view is about to be taken in: a lesson, if this process teaches and has time for it. */
  consider(view: IndexedView): void
}

export interface TeacherOptions {
  readonly store: RankerStore
  readonly index: SessionIndex
  readonly ranker: Ranker
  /** Names this process among those that may teach. */
  readonly instance: string
  readonly logger: Logger
  readonly metrics: Metrics
  /** Epoch milliseconds. */
  readonly now: () => number
  /** How often weights are published and looked for, milliseconds. Default 10 s. */
  readonly everyMs?: number
  /** After so long without a sign of the teacher another may teach, milliseconds. Default 30 s. */
  readonly leaseTtlMs?: number
}

export function startTeacher(options: TeacherOptions): Teacher {
  const { store, index, ranker, instance, logger, now, everyMs = 10_000, leaseTtlMs = 30_000 } = options
  const show = createTeacherMetrics(options.metrics)
  const budget = createCpuBudget(() => performance.now())
  let served: ArrayLike<number> = firstWeights
  let version: number | null = null
  let lessons: Lessons | null = null
  let lease: AsyncDisposable | null = null
  let frozen = false
  let publishedLessons = 0

  function adopt(newest: RankerWeights | null): void {
    if (newest === null || newest.version === version) return
    version = newest.version
    served = servedOf(newest)
    show.served(newest.version, served)
    logger.debug({ version, lessons: newest.lessons }, 'ranker weights adopted')
  }

  async function giveUp(): Promise<void> {
    const held = lease
    lease = null
    lessons = null
    await held?.[Symbol.asyncDispose]()
  }

  async function tryToTeach(newest: RankerWeights | null): Promise<void> {
    const taken = await store.takeLease(instance, leaseTtlMs)
    if (taken === null) return
    lease = holdLease(taken, {
      ttlMs: leaseTtlMs,
      logger,
      onLost(error) {
        logger.warn({ error }, 'another process may teach the ranker now')
        void giveUp()
      },
    })
    lessons = createLessons(index, ranker, newest?.features === featureSet ? newest : null)
    publishedLessons = lessons.count
    logger.info({ from: version }, 'teaching the ranker')
  }

  /** False when another has published meanwhile: then that one teaches. */
  async function publish(from: Lessons, after: number | null): Promise<boolean> {
    const learned = from.learned()
    if (learned.lessons === publishedLessons) return true
    const { champion } = from
    const scores = {
      learnedWins: Number(champion.learnedWins),
      lessons: champion.lessons,
      learnedHitRate: champion.learned.hitRate,
      learnedReciprocalRank: champion.learned.reciprocalRank,
      firstHitRate: champion.first.hitRate,
      firstReciprocalRank: champion.first.reciprocalRank,
    }
    const weights = { ...learned, features: featureSet, publishedAt: now(), scores }
    if (!(await store.publish(weights, after))) return false
    publishedLessons = learned.lessons
    adopt({ ...weights, version: (after ?? 0) + 1 })
    return true
  }

  async function turn(): Promise<void> {
    const newest = await store.newest()
    frozen = await store.frozen()
    const others = newest !== null && newest.version !== version && lessons !== null
    adopt(newest)
    if (others) await giveUp()
    else if (lease === null && !frozen) await tryToTeach(newest)
    else if (lessons !== null && !frozen && !(await publish(lessons, newest?.version ?? null))) await giveUp()
    show.teaching(lessons, frozen)
  }

  const polling = startPolling(async () => {
    try {
      await turn()
    } catch (error) {
      if (!(error instanceof Unavailable)) logger.error({ error }, 'the ranker could not be taught')
      else logger.debug({ error }, 'the store is away; the ranker keeps the weights at hand')
    }
  }, everyMs)

  return {
    weights: () => served,
    consider(view) {
      if (lessons === null || frozen) return
      const teaching = lessons
      const share = teaching.count < firstLessons ? firstCpuShare : cpuShare
      budget.spend(share, () => {
        if (teaching.take(view)) show.lesson()
      })
    },
    async [Symbol.asyncDispose]() {
      await polling[Symbol.asyncDispose]()
      if (lessons !== null && !frozen) {
        // What was learned since the last time is worth a moment, not more.
        await Promise.race([publish(lessons, version).catch(() => {}), sleep(1_000, null, { ref: false })])
      }
      await giveUp()
    },
  }
}

function servedOf({ features: set, weights, scores }: RankerWeights): ArrayLike<number> {
  const usable = set === featureSet && weights.length === features.length && scores['learnedWins'] !== 0
  return usable ? Float64Array.from(weights) : firstWeights
}

function createTeacherMetrics(metrics: Metrics) {
  const weight = metrics.gauge({
    name: 'vitrine_ranker_weight',
    help: 'The weights that answers are made with.',
    labels: ['feature'],
  })
  const version = metrics.gauge({
    name: 'vitrine_ranker_version',
    help: 'Version of the weights that answers are made with; 0 for the first ones.',
  })
  const lessons = metrics.counter({
    name: 'vitrine_ranker_lessons_total',
    help: 'Views that this process taught the ranker with.',
  })
  const teaching = metrics.gauge({
    name: 'vitrine_ranker_teaching',
    help: '1 in the one process that teaches the ranker.',
  })
  const frozen = metrics.gauge({
    name: 'vitrine_ranker_frozen',
    help: '1 while somebody has asked for the weights to stay as they are.',
  })
  const hitRate = metrics.gauge({
    name: 'vitrine_ranker_hit_rate',
    help: 'Share of the last 10,000 lessons whose product stood among the first 20, by weights.',
    labels: ['weights'],
  })
  const reciprocalRank = metrics.gauge({
    name: 'vitrine_ranker_reciprocal_rank',
    help: 'Mean of 1/place over the last 10,000 lessons, 0 beyond 20, by weights.',
    labels: ['weights'],
  })
  const showWeights = (weights: ArrayLike<number>) => {
    for (const [n, { name }] of features.entries()) weight.set({ feature: name }, weights[n] ?? 0)
  }
  showWeights(firstWeights)
  version.set({}, 0)
  return {
    served(number: number, weights: ArrayLike<number>) {
      version.set({}, number)
      showWeights(weights)
    },
    lesson: () => lessons.add({}),
    teaching(taught: Lessons | null, isFrozen: boolean) {
      teaching.set({}, taught === null ? 0 : 1)
      frozen.set({}, isFrozen ? 1 : 0)
      if (taught === null) return
      for (const weights of ['learned', 'first'] as const) {
        hitRate.set({ weights }, taught.champion[weights].hitRate)
        reciprocalRank.set({ weights }, taught.champion[weights].reciprocalRank)
      }
    },
  }
}
