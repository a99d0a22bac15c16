import type { PartitionEnds } from '#internal/eventlog/log.ts'

/** Tells how far a reader is with what the log held at one moment. */
export interface CatchUp {
  /** All before `next` was seen. */
  reached(partition: number, next: bigint): void
  /** True once everything was seen; stays so. */
  readonly done: boolean
  /** From 0 to 1. */
  progress(): number
}

/** `from` says where the reader begins in each partition; where it says nothing, at the first record kept. */
export function createCatchUp(
  ends: readonly PartitionEnds[],
  from: ReadonlyMap<number, bigint> = new Map(),
): CatchUp {
  const left = new Map<number, { readonly next: bigint; readonly begin: bigint; at: bigint }>()
  let total = 0
  for (const { partition, first, next } of ends) {
    const begin = from.get(partition) ?? first
    if (begin >= next) continue
    left.set(partition, { next, begin, at: begin })
    total += Number(next - begin)
  }
  let behind = 0
  return {
    reached(partition, next) {
      const place = left.get(partition)
      if (place === undefined) return
      place.at = next
      if (place.at < place.next) return
      behind += Number(place.next - place.begin)
      left.delete(partition)
    },
    get done() {
      return left.size === 0
    },
    progress() {
      if (left.size === 0) return 1
      let seen = behind
      for (const { begin, at } of left.values()) seen += Number(at - begin)
      return seen / total
    },
  }
}
