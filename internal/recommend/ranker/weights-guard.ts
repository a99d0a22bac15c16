import { InvalidInput } from '#internal/errors/errors.ts'
import type { RankerWeights } from './store.ts'

/** Throws `InvalidInput` for a number that is not finite: once published, it would spoil the lists of every process. */
export function checkWeights({ weights, memory, scores }: Omit<RankerWeights, 'version'>): void {
  const lists = { weights, memory, scores: Object.values(scores) }
  for (const [field, numbers] of Object.entries(lists)) {
    const wrong = numbers.find(number => !Number.isFinite(number))
    if (wrong !== undefined) {
      throw new InvalidInput(`the ranker's ${field} must be finite numbers, got ${wrong}`, field)
    }
  }
}
