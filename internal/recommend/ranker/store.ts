import type { Lease } from '#internal/leases/leases.ts'

/** What the ranker has learned, as one teacher published it. */
export interface RankerWeights {
  /** 1, 2, … */
  readonly version: number
  /** Names the features that the weights belong to: weights of other features are of no use. */
  readonly features: string
  /** One a feature, in the features' order. */
  readonly weights: readonly number[]
  /** What a teacher needs to go on where another stopped, such as sums of squared gradients. */
  readonly memory: readonly number[]
  /** How many views taught these weights. */
  readonly lessons: number
  /** Epoch milliseconds. */
  readonly publishedAt: number
  /** What champion and challenger have reached, by name. */
  readonly scores: Readonly<Record<string, number>>
}

/** So many of the newest versions stay, so that one can look how the weights moved. */
export const keptVersions = 20

/** The learned weights. Every method rejects with `Unavailable` while the store is away. */
export interface RankerStore {
  /** What is published last; `null` before the first. */
  newest(): Promise<RankerWeights | null>
  /**
   * Publishes as the version after `after` (`null`: the first), by compare-and-set; false when another came before it.
   * Rejects with `InvalidInput` when a number among them is not finite. An `Unavailable` leaves the outcome unknown:
   * `newest` tells.
   */
  publish(weights: Omit<RankerWeights, 'version'>, after: number | null): Promise<boolean>
  /** The right to teach and publish; `null` when another holder has it. */
  takeLease(holder: string, ttlMs: number): Promise<Lease | null>
  /** Whether somebody has asked for the weights to stay as they are. */
  frozen(): Promise<boolean>
  setFrozen(frozen: boolean): Promise<void>
}
