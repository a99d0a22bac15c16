import { setTimeout as sleep } from 'node:timers/promises'
import { Unavailable } from '#internal/errors/errors.ts'
import { holdLease } from '#internal/leases/hold.ts'
import { startPolling } from '#internal/process/polling.ts'
import { createCpuBudget } from './cpu-budget.ts'
import { features, featureSet, firstWeights } from './features.ts'
import { createLessons, firstLessons } from './lessons.ts'
import { createTeacherMetrics } from './teacher-metrics.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { IndexedView, SessionIndex } from '../index/session-index.ts'
import type { Lessons } from './lessons.ts'
import type { Ranker } from './ranker.ts'
import type { RankerStore, RankerWeights } from './store.ts'

/** Of one core; ten times that until the first lessons are in. */
const cpuShare = 0.05
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
    const from = newest?.features === featureSet ? { ...newest, learnedWins: learnedWins(newest) } : null
    lessons = createLessons(index, ranker, from)
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

const learnedWins = ({ scores }: RankerWeights) => scores['learnedWins'] !== 0

function servedOf(newest: RankerWeights): ArrayLike<number> {
  const { features: set, weights } = newest
  const usable = set === featureSet && weights.length === features.length && learnedWins(newest)
  return usable ? Float64Array.from(weights) : firstWeights
}
