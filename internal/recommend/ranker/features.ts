/** What is known of one candidate; shares are of 1, times in views. */
export interface Candidate {
  blend: number
  neighbours: number
  next: number
  rightAfter: number
  before: number
  later: number
  together: number
  bridged: number
  /** How many steps back in this visit it was viewed last; 0 when it was not. */
  distance: number
  /** How often it was viewed in this visit. */
  times: number
  /** How likely a visitor returns by so many steps. */
  returns: number
  /** Views by all visitors, in all and decayed over some days. */
  views: number
  fresh: number
  /** The same, decayed faster. */
  today: number
  /** How many sessions hold it. */
  sessions: number
}

export interface Feature {
  readonly name: string
  /** For people, to be read before a weight. */
  readonly words: string
  readonly value: (candidate: Candidate) => number
}

/** Evidence counts by its logarithm, and none like this share. */
const none = 1e-5
const log = (share: number) => Math.log(share + none)
const logNone = Math.log(none)

/** What the ranker looks at, in the order of its weights. */
export const features: readonly Feature[] = [
  { name: 'blend', words: 'all evidence together, in fixed shares', value: c => log(c.blend) },
  { name: 'neighbours', words: 'viewed in sessions like this one', value: c => log(c.neighbours) },
  { name: 'next', words: 'viewed next', value: c => log(c.next) },
  { name: 'right-after', words: 'viewed right after the last product', value: c => log(c.rightAfter) },
  { name: 'before', words: 'viewed before the last product', value: c => log(c.before) },
  { name: 'later', words: 'viewed next, after the products before the last', value: c => log(c.later) },
  { name: 'together', words: 'viewed together with the last products', value: c => log(c.together) },
  { name: 'bridged', words: 'viewed together with what speaks most so far', value: c => log(c.bridged) },
  {
    name: 'returns',
    words: 'viewed before in this visit, as often as visitors come back so far',
    value: c => (c.distance > 0 ? log(c.returns) - logNone : 0),
  },
  { name: 'in-session', words: 'viewed before in this visit at all', value: c => (c.distance > 0 ? 1 : 0) },
  {
    name: 'in-session-again',
    words: 'viewed before in this visit more than once',
    value: c => (c.distance > 0 ? Math.log(c.times) : 0),
  },
  {
    name: 'in-session-blend',
    words: 'all evidence together, for what was viewed before in this visit',
    value: c => (c.distance > 0 ? log(c.blend) + 4 : 0),
  },
  { name: 'popular', words: 'viewed often by all', value: c => Math.log(1 + c.views) - 5 },
  { name: 'fresh', words: 'viewed often by all in the last days', value: c => Math.log(1 + c.fresh) - 2 },
  {
    name: 'rising',
    words: 'viewed more today than in the last days',
    value: c => Math.log((1 + c.today) / (6 + c.fresh)),
  },
  { name: 'rare', words: 'viewed in three visits at most', value: c => (c.sessions <= 3 ? 1 : 0) },
]

/** What `RankerWeights.features` holds for this table: a feature that means something else needs a new name. */
export const featureSet = features.map(({ name }) => name).join(' ')

/** With these the ranking is that of the blend alone. */
export const firstWeights: readonly number[] = features.map(({ name }) => (name === 'blend' ? 1 : 0))
