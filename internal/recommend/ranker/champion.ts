/** A list of so many is what counts as found. */
const listLength = 20
/** Learned and first weights are compared over so many lessons. */
const window = 10_000

/** How well weights foresee the next view, over the last lessons. */
export interface Foresight {
  /** Share of lessons whose product stood among the first 20. */
  readonly hitRate: number
  /** Mean of 1/place, 0 beyond the first 20. */
  readonly reciprocalRank: number
}

/**
 * Compares learned weights with the first ones on the very lessons that teach, each before it was learned from. As
 * long as the learned ones are not worse over {@link window} lessons they are the champion.
 */
export interface Champion {
  /** Places count from 1; 0 when the product was not among the candidates. */
  note(learnedPlace: number, firstPlace: number): void
  readonly learnedWins: boolean
  readonly learned: Foresight
  readonly first: Foresight
  readonly lessons: number
}

interface Tally {
  lessons: number
  readonly hits: [learned: number, first: number]
  readonly reciprocals: [learned: number, first: number]
}

const emptyTally = (): Tally => ({ lessons: 0, hits: [0, 0], reciprocals: [0, 0] })

export function createChampion(): Champion {
  // Two halves, so that old lessons go without each being remembered.
  let older = emptyTally()
  let newer = emptyTally()

  const sum = (of: (tally: Tally) => number) => of(older) + of(newer)
  const lessons = () => sum(tally => tally.lessons)
  const foresight = (whose: 0 | 1): Foresight => ({
    hitRate: sum(({ hits }) => hits[whose]) / Math.max(1, lessons()),
    reciprocalRank: sum(({ reciprocals }) => reciprocals[whose]) / Math.max(1, lessons()),
  })

  return {
    note(...places) {
      if (newer.lessons >= window / 2) {
        older = newer
        newer = emptyTally()
      }
      newer.lessons++
      for (const whose of [0, 1] as const) {
        const place = places[whose]
        if (place < 1 || place > listLength) continue
        newer.hits[whose]++
        newer.reciprocals[whose] += 1 / place
      }
    },
    get learnedWins() {
      const enough = older.lessons >= window / 2
      return !enough || foresight(0).reciprocalRank >= foresight(1).reciprocalRank
    },
    get learned() {
      return foresight(0)
    },
    get first() {
      return foresight(1)
    },
    get lessons() {
      return lessons()
    },
  }
}
