/** What the ranker looks at in a candidate, in the order of its weights, with words for people. */
export const features: readonly { readonly name: string; readonly words: string }[] = [
  { name: 'neighbours', words: 'viewed in sessions like this one' },
  { name: 'next', words: 'viewed next' },
  { name: 'next-later', words: 'viewed next, after the products before the last' },
  { name: 'together', words: 'viewed together with the last products' },
  { name: 'returns', words: 'viewed before in this visit, as often as visitors come back' },
  { name: 'in-session', words: 'viewed before in this visit at all' },
  { name: 'popular', words: 'viewed often by all' },
  { name: 'trending', words: 'viewed often by all in the last days' },
  { name: 'same-category', words: 'of the same category as the last product' },
  { name: 'blend', words: 'all evidence together, in fixed shares' },
]

/** What `RankerWeights.features` holds for this table: a feature that means something else needs a new name. */
export const featureSet = features.map(({ name }) => name).join(' ')
