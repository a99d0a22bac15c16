import { percentile } from './metrics.ts'

/** Where the true value lies with a probability of 95 %. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/** Sums by visit: the questions of a visit are not independent, so visits are what is drawn. */
export interface ByVisit {
  /** Questions of each visit. */
  readonly questions: Float64Array
  /** Of each measure, its sum over each visit's questions. */
  readonly sums: readonly Float64Array[]
}

const rounds = 1000
const seed = 0x76697472

/**
 * Bootstrap of Efron (1979): draws as many visits as there are, with replacement, 1,000 times, and gives each
 * measure's mean in each round. All measures see the same draws, so their differences are paired. Repeatable.
 */
export function* bootstrapMeans({ questions, sums }: ByVisit): Generator<number, Float64Array[]> {
  const means = sums.map(() => new Float64Array(rounds))
  const random = createRandom(seed)
  const totals = new Float64Array(sums.length)
  for (let round = 0; round < rounds; round += 1) {
    totals.fill(0)
    let asked = 0
    for (let draw = 0; draw < questions.length; draw += 1) {
      const visit = Math.floor(random() * questions.length)
      asked += questions[visit] as number
      for (let measure = 0; measure < sums.length; measure += 1) {
        totals[measure] = (totals[measure] as number) + ((sums[measure] as Float64Array)[visit] as number)
      }
    }
    means.forEach((values, measure) => {
      values[round] = asked === 0 ? 0 : (totals[measure] as number) / asked
    })
    yield round / rounds
  }
  return means
}

/** The middle 95 % of the rounds' values. */
export function intervalOf(values: Float64Array): Interval {
  const ascending = Float64Array.from(values).sort()
  return { low: percentile(ascending, 2.5) ?? 0, high: percentile(ascending, 97.5) ?? 0 }
}

/** xorshift32 of Marsaglia (2003): from 0 up to but without 1. */
function createRandom(start: number): () => number {
  let state = start
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
