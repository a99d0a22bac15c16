/** The steps that may bring an item, in the order in which the chain asks them. */
export const recommendationSources = [
  'sessions',
  'category-best-sellers',
  'trending',
  'best-sellers-previous-month',
  'best-sellers-ever',
  'catalogue',
  'viewed-ever',
] as const
export type RecommendationSource = (typeof recommendationSources)[number]

/** A product that a source proposes, with the reason it would give. */
export interface Candidate {
  readonly productId: string
  readonly source: RecommendationSource
  readonly because: Readonly<Record<string, unknown>>
  /** How likely the visitor looks at it next, where the source can tell. */
  readonly score?: number
  /** The category that the source knows; the catalogue's own goes before it. */
  readonly category?: string
}

/**
 * Fills a list of at most `limit` from the sources in their order, each asked only as far as needed. No product
 * comes twice, none that `accepts` refuses comes at all, and the list is shorter than `limit` only when no source
 * has anything acceptable left.
 */
export function fillList(
  sources: Iterable<Iterable<Candidate>>,
  accepts: (candidate: Candidate) => boolean,
  limit: number,
): Candidate[] {
  const list: Candidate[] = []
  const taken = new Set<string>()
  for (const source of sources) {
    for (const candidate of source) {
      if (list.length >= limit) return list
      if (taken.has(candidate.productId) || !accepts(candidate)) continue
      taken.add(candidate.productId)
      list.push(candidate)
    }
  }
  return list
}

/** The same list, filled on from a source that gives turns to others; it is asked only where the list has room. */
export async function fillUp(
  list: readonly Candidate[],
  source: AsyncIterable<Candidate>,
  limit: number,
): Promise<readonly Candidate[]> {
  if (list.length >= limit) return list
  const taken = new Set(list.map(({ productId }) => productId))
  const filled = [...list]
  for await (const candidate of source) {
    if (taken.has(candidate.productId)) continue
    filled.push(candidate)
    if (filled.length >= limit) break
  }
  return filled
}

/**
 * Lets weighted sources take turns: after any number of candidates each source has had its share of them by weight,
 * as exactly as whole candidates allow, as long as it has any. Weights are above 0; ties go to the earlier source.
 */
export function* takeTurns(
  sources: readonly { readonly weight: number; readonly candidates: Iterable<Candidate> }[],
): Generator<Candidate> {
  const waiting = sources.map(({ weight, candidates }) => ({
    weight,
    candidates: candidates[Symbol.iterator](),
    taken: 0,
  }))
  while (waiting.length > 0) {
    const next = waiting.reduce((best, source) => (claim(source) > claim(best) ? source : best))
    const { value, done } = next.candidates.next()
    if (done) {
      waiting.splice(waiting.indexOf(next), 1)
      continue
    }
    next.taken += 1
    yield value
  }
}

const claim = ({ weight, taken }: { weight: number; taken: number }) => weight / (taken + 1)
