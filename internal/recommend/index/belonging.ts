import { compareBytes } from '#internal/domain/product-view.ts'
import { inTurns } from '../sort-in-slices.ts'
import { addTime, dropTimesBefore, isTimeIn, mostTimes } from './spans.ts'
import type { Spans } from './spans.ts'

/** Who a view belongs to once all that was forgotten and taken over is known, whatever came first. */
export interface Belonging {
  /** The user whose view it is now; `null` when it was forgotten. Times are effective, epoch milliseconds. */
  ownerOf(userId: string, productId: string, time: number): string | null
  /** From now on the user's views up to `at`, of one product or of all (`null`), are gone. */
  forget(userId: string, productId: string | null, at: number): void
  /** From now on the guest's views up to `upTo` are the user's. */
  takeOver(userId: string, guestId: string, upTo: number): void
  /** Drops what was done before `time`, with turns for others in between; true when there was any. */
  dropBefore(time: number): Promise<boolean>
  readonly size: number
  /** Estimated: maps do not tell their size. */
  bytes(): number
}

/**
 * What was done to a user's views. So that it stays small, more than {@link mostTimes} deletions of the same count as
 * {@link Spans} say, and more take-overs by the same user as the later one of two.
 */
interface Known {
  forgotten: Spans
  readonly products: Map<string, Spans>
  takenOver: TakenOver[]
}

interface TakenOver {
  readonly by: string
  readonly upTo: number
}

/** A guest's guest's guest … is followed so far. */
const maxTakeOvers = 8
/** So many users or products are looked through at a stretch. */
const stretch = 1_000
/** A user or product with its entry in a map, and a time with what goes with it, roughly, in V8. */
const bytesOfEntry = 200
const bytesOfTime = 48

export function createBelonging(): Belonging {
  const users = new Map<string, Known>()
  let entries = 0
  let times = 0

  function known(userId: string): Known {
    let one = users.get(userId)
    if (one === undefined) {
      one = { forgotten: [], products: new Map(), takenOver: [] }
      users.set(userId, one)
      entries++
    }
    return one
  }

  function productOf(one: Known, productId: string): Spans {
    let spans = one.products.get(productId)
    if (spans === undefined) {
      spans = []
      one.products.set(productId, spans)
      entries++
    }
    return spans
  }

  /** Goes through all, a bit at a time, and tells of each bit how many times it dropped. */
  function* sweep(time: number): Generator<number> {
    for (const [userId, one] of users) {
      const left = one.takenOver.filter(({ upTo }) => upTo >= time)
      const dropped = dropTimesBefore(one.forgotten, time) + one.takenOver.length - left.length
      one.takenOver = left
      times -= dropped
      yield dropped
      for (const [productId, spans] of one.products) {
        const ofProduct = dropTimesBefore(spans, time)
        if (spans.length === 0 && one.products.delete(productId)) entries--
        times -= ofProduct
        yield ofProduct
      }
      if (one.forgotten.length + one.takenOver.length + one.products.size > 0) continue
      users.delete(userId)
      entries--
    }
  }

  return {
    get size() {
      return users.size
    },

    ownerOf(userId, productId, time) {
      let owner = userId
      for (let step = 0; step < maxTakeOvers; step++) {
        const one = users.get(owner)
        if (one === undefined) return owner
        const taken = one.takenOver.find(({ upTo }) => upTo >= time)
        // What a guest forgets after he was taken over is no longer about these views.
        const until = taken?.upTo ?? Infinity
        if (isTimeIn(one.forgotten, time, until) || isTimeIn(one.products.get(productId), time, until)) {
          return null
        }
        if (taken === undefined) return owner
        owner = taken.by
      }
      return owner
    },

    forget(userId, productId, at) {
      const one = known(userId)
      const spans = productId === null ? one.forgotten : productOf(one, productId)
      const before = spans.length
      addTime(spans, at)
      times += spans.length - before
    },

    takeOver(userId, guestId, upTo) {
      const one = known(guestId)
      if (one.takenOver.some(taken => taken.by === userId && taken.upTo === upTo)) return
      one.takenOver.push({ by: userId, upTo })
      one.takenOver.sort((a, b) => a.upTo - b.upTo || compareBytes(a.by, b.by))
      times++
      if (one.takenOver.length <= mostTimes) return
      const repeated = one.takenOver.findIndex(({ by }, i, { [i + 1]: next }) => by === next?.by)
      if (repeated < 0) return
      one.takenOver.splice(repeated, 1)
      times--
    },

    async dropBefore(time) {
      let dropped = 0
      for await (const count of inTurns(sweep(time), stretch)) dropped += count
      return dropped > 0
    },

    bytes: () => entries * bytesOfEntry + times * bytesOfTime,
  }
}
