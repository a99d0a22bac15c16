import { features } from './features.ts'
import type { RankerWeights } from './store.ts'

export interface DescribedWeight {
  readonly name: string
  readonly words: string
  readonly weight: number
}

const wordsOf = new Map(features.map(({ name, words }) => [name, words]))

/** Each weight with its feature's name and words; a feature that this program doesn't know goes by its name. */
export function describeWeights({ features: set, weights }: RankerWeights): DescribedWeight[] {
  const names = set.split(' ')
  return weights.map((weight, place) => {
    const name = names[place] ?? `feature ${place + 1}`
    return { name, words: wordsOf.get(name) ?? name, weight }
  })
}
