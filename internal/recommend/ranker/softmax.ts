/** A linear softmax over candidates, learned by Adagrad (Duchi, Hazan, Singer 2011). */
export interface Learner {
  readonly weights: Float64Array
  /** Sums of squared gradients: how far each weight has settled. */
  readonly memory: Float64Array
  /** One lesson: of `count` candidates whose features stand one after the other in `rows`, the visitor took `taken`. */
  learn(rows: Float64Array, count: number, taken: number): void
}

export interface LearningRate {
  readonly rate: number
  /** Pulls weights towards where they began. */
  readonly pull: number
  /** So much of the memory stays with each lesson: below 1 the weights never settle for good. */
  readonly keep: number
}

const firstMemory = 1e-3

/** Starts with weights and memory that are copied; without memory, as one who has learned nothing. */
export function createLearner(
  first: readonly number[],
  from: { readonly weights: readonly number[]; readonly memory: readonly number[] } | null,
  { rate, pull, keep }: LearningRate,
): Learner {
  const size = first.length
  const weights = Float64Array.from(from?.weights ?? first)
  const memory = Float64Array.from(from?.memory ?? first.map(() => firstMemory))
  const gradient = new Float64Array(size)
  let chances = new Float64Array(256)

  return {
    weights,
    memory,
    learn(rows, count, taken) {
      if (chances.length < count) chances = new Float64Array(count)
      scoresOf(weights, rows, count, chances)
      toChances(chances, count)
      for (let j = 0; j < size; j++) gradient[j] = pull * ((weights[j] as number) - (first[j] as number))
      for (let c = 0; c < count; c++) {
        const surprise = (chances[c] as number) - (c === taken ? 1 : 0)
        for (let j = 0; j < size; j++) {
          gradient[j] = (gradient[j] as number) + surprise * (rows[c * size + j] as number)
        }
      }
      for (let j = 0; j < size; j++) {
        const g = gradient[j] as number
        memory[j] = keep * (memory[j] as number) + g * g
        weights[j] = (weights[j] as number) - (rate * g) / Math.sqrt(memory[j] as number)
      }
    },
  }
}

/** The scores of candidates: weights times features. */
export function scoresOf(
  weights: ArrayLike<number>,
  rows: Float64Array,
  count: number,
  into: Float64Array,
): void {
  const size = weights.length
  for (let c = 0, at = 0; c < count; c++) {
    let score = 0
    for (let j = 0; j < size; j++, at++) score += (weights[j] as number) * (rows[at] as number)
    into[c] = score
  }
}

/** Makes scores chances: of all candidates, how likely is each to be taken? */
export function toChances(scores: Float64Array, count: number): void {
  let top = -Infinity
  for (let c = 0; c < count; c++) top = Math.max(top, scores[c] as number)
  let total = 0
  for (let c = 0; c < count; c++) total += scores[c] = Math.exp((scores[c] as number) - top)
  for (let c = 0; c < count; c++) scores[c] = (scores[c] as number) / total
}
