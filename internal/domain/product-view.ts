/** One look of one visitor at one product, as the shop reported it. */
export interface ProductView {
  readonly messageId: string
  readonly userId: string
  readonly productId: string
  /** Where the visitor looked from ("desktop", "app", …); "unknown" when the shop did not say. */
  readonly source: string
  /** The shop's own time of the view, epoch milliseconds. */
  readonly timestamp: number
}

/** A view with the time that decides: see {@link effectiveTime}. */
export interface RecordedView extends ProductView {
  /** Epoch milliseconds. */
  readonly effectiveTime: number
}

/** The earlier of the shop's time and the log's append time, so that no view outlives a later deletion by claiming the future. Epoch milliseconds. */
export function effectiveTime(timestamp: number, appendTime: number): number {
  return Math.min(timestamp, appendTime)
}

/**
 * The later of the deletion's append time and the newest effective time known of what it deletes: so a
 * deletion beats every view that was in the log before it, whatever a broker's clock said. Epoch milliseconds.
 */
export function deletionTime(appendTime: number, newestKnown: number): number {
  return Math.max(appendTime, newestKnown)
}

/** Well-formed ids and sources compare by their UTF-8 bytes everywhere, as Cassandra and PostgreSQL's "C" collation do. */
export function compareBytes(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return byteRank(x) - byteRank(y)
  }
  return a.length - b.length
}

/** UTF-8 orders as code points do: a surrogate, half of a code point beyond U+FFFF, goes after all other units. */
function byteRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit
}

/** Of two views of one product by one user, does `a` replace `b`? The newer one; at equal times the larger source. */
export function replaces(
  a: Pick<RecordedView, 'effectiveTime' | 'source'>,
  b: Pick<RecordedView, 'effectiveTime' | 'source'>,
): boolean {
  if (a.effectiveTime !== b.effectiveTime) return a.effectiveTime > b.effectiveTime
  return compareBytes(a.source, b.source) > 0
}
