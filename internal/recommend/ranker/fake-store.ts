import { Unavailable } from '#internal/errors/errors.ts'
import { createFakeLeases } from '#internal/leases/fake-leases.ts'
import { keptVersions } from './store.ts'
import { checkWeights } from './weights-guard.ts'
import type { RankerStore, RankerWeights } from './store.ts'

export interface FakeRankerStore extends RankerStore {
  /** While false, every call rejects with `Unavailable`. */
  setAvailable(available: boolean): void
  /** The versions that are kept, oldest first. */
  versions(): number[]
}

/** The ranker's weights in memory, for tests of what uses them; `now` gives epoch milliseconds. */
export function createFakeRankerStore({ now = Date.now }: { now?: () => number } = {}): FakeRankerStore {
  let published: RankerWeights[] = []
  let isFrozen = false
  let available = true

  async function reachable(): Promise<void> {
    if (!available) throw new Unavailable('the fake store is away')
  }

  const leases = createFakeLeases({ now, reachable })
  return {
    setAvailable(value) {
      available = value
    },
    versions: () => published.map(({ version }) => version),
    async newest() {
      await reachable()
      return structuredClone(published.at(-1) ?? null)
    },
    async publish(weights, after) {
      checkWeights(weights)
      await reachable()
      if ((published.at(-1)?.version ?? null) !== after) return false
      const next = structuredClone({ ...weights, version: (after ?? 0) + 1 })
      published = [...published, next].slice(-keptVersions)
      return true
    },
    takeLease: (holder, ttlMs) => leases.take('ranker', holder, ttlMs),
    async frozen() {
      await reachable()
      return isFrozen
    },
    async setFrozen(frozen) {
      await reachable()
      isFrozen = frozen
    },
  }
}
