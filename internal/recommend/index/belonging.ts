/** Who a view belongs to once all that was forgotten and taken over is known, whatever came first. */
export interface Belonging {
  /** The user whose view it is now; `null` when it was forgotten. Times are effective, epoch milliseconds. */
  ownerOf(userId: string, productId: string, time: number): string | null
  /** From now on the user's views up to `at`, of one product or of all (`null`), are gone. */
  forget(userId: string, productId: string | null, at: number): void
  /** From now on the guest's views up to `upTo` are the user's. */
  takeOver(userId: string, guestId: string, upTo: number): void
  /** Drops what was done before `time`: nothing as old comes any more. */
  dropBefore(time: number): void
  readonly size: number
}

interface Known {
  forgotten: number[]
  readonly products: Map<string, number[]>
  takenOver: { readonly by: string; readonly upTo: number }[]
}

/** A guest's guest's guest … is followed so far. */
const maxTakeOvers = 8

export function createBelonging(): Belonging {
  const users = new Map<string, Known>()

  function known(userId: string): Known {
    let one = users.get(userId)
    if (one === undefined) {
      one = { forgotten: [], products: new Map(), takenOver: [] }
      users.set(userId, one)
    }
    return one
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
        const isGone = (at: number) => at >= time && at <= until
        if (one.forgotten.some(isGone) || one.products.get(productId)?.some(isGone)) return null
        if (taken === undefined) return owner
        owner = taken.by
      }
      return owner
    },

    forget(userId, productId, at) {
      const one = known(userId)
      const times = productId === null ? one.forgotten : (one.products.get(productId) ?? [])
      if (times.includes(at)) return
      times.push(at)
      if (productId !== null) one.products.set(productId, times)
    },

    takeOver(userId, guestId, upTo) {
      const one = known(guestId)
      if (one.takenOver.some(taken => taken.by === userId && taken.upTo === upTo)) return
      one.takenOver.push({ by: userId, upTo })
      one.takenOver.sort((a, b) => a.upTo - b.upTo)
    },

    dropBefore(time) {
      for (const [userId, one] of users) {
        one.forgotten = one.forgotten.filter(at => at >= time)
        one.takenOver = one.takenOver.filter(({ upTo }) => upTo >= time)
        for (const [productId, times] of one.products) {
          const left = times.filter(at => at >= time)
          if (left.length === 0) one.products.delete(productId)
          else one.products.set(productId, left)
        }
        if (one.forgotten.length + one.takenOver.length + one.products.size === 0) users.delete(userId)
      }
    },
  }
}
