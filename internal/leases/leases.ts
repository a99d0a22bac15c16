/** A right that one holder has at a time; it lapses unless renewed. Disposing gives it back. */
export interface Lease extends AsyncDisposable {
  /** Extends the lease by its whole time; rejects with `Conflict` when it was lost. */
  renew(): Promise<void>
}

/** Leases by name, all processes of an install sharing the names. */
export interface Leases {
  /**
   * `null` when another holder has it. Rejects with `Unavailable` while the store is away; a lease that was taken all
   * the same lapses after `ttlMs`. Holders need names of their own: what one holder gives back is gone for all of that name.
   */
  readonly take: (name: string, holder: string, ttlMs: number) => Promise<Lease | null>
}
