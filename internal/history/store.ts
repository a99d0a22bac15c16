import type { RecordedView } from '#internal/domain/product-view.ts'

/** One product of a user's history: when it was last looked at, and from where. */
export interface HistoryItem {
  readonly productId: string
  /** Effective time of the newest view, epoch milliseconds. */
  readonly viewedAt: number
  readonly source: string
}

/** Where the next page begins: after this item in the order of the history. */
export type HistoryPosition = Pick<HistoryItem, 'productId' | 'viewedAt'>

export interface HistoryPage {
  /** Newest first; at equal times by product id in byte order. A product stands in it once. */
  readonly items: readonly HistoryItem[]
  /** `null` on the last page. */
  readonly next: HistoryPosition | null
  /** True when the user has more than {@link historyReadCap} products, and only so many were looked at. */
  readonly truncated: boolean
}

/** At most so many rows of one user are read for one answer, in the order of product ids' bytes. */
export const historyReadCap = 10_000

export interface HistoryTtl {
  /** How long a product stays in a user's history, counted from its effective time. */
  readonly historyMs: number
  /** How long a view stays in `product_views`, counted from its own timestamp. */
  readonly viewsMs: number
}

const day = 24 * 60 * 60 * 1000
export const defaultHistoryTtl: HistoryTtl = { historyMs: 90 * day, viewsMs: 395 * day }

/**
 * Users' latest products, in `user_history`, and every view, in `product_views`.
 *
 * All writes may be repeated and may come in any order: the state is a function of the set of views and deletions;
 * only a takeover goes by what is there when it is called.
 * The newest effective time wins; at equal times a deletion beats a view, and of two views the larger source by
 * bytes stays. What is older than its time to live is neither written nor read. Deletions outlive the history by a day.
 * Every method rejects with `Unavailable` while the store is away, and a write with `InvalidInput` when the store
 * can never take what is written: the loader then looks for the view that is to blame.
 */
export interface HistoryStore {
  /** Resolves when all views are durable in both tables. */
  recordViews(views: readonly RecordedView[]): Promise<void>

  /** Deletes one product of a user's history as of `at` (epoch milliseconds): views up to and including it stay gone. */
  forgetProduct(userId: string, productId: string, at: number): Promise<void>

  /** Deletes a user's whole history as of `at` (epoch milliseconds). */
  forgetUser(userId: string, at: number): Promise<void>

  /**
   * Makes a guest's history the user's: every product that it shows with a time up to and including `upTo` (epoch
   * milliseconds) is recorded for the user with its effective time and source, as if the user had looked at it, and
   * forgotten of the guest as of that effective time. So the user's own views and deletions, made before or to come,
   * decide as ever, and time to live counts on.
   *
   * What has been forgotten of the guest before is not taken over; what is newer than `upTo`, or is recorded for the
   * guest afterwards, stays the guest's, though a view no newer than one of the same product that was taken over
   * stays away. A product that the guest looked at again after `upTo` is known only with that later time, and stays.
   *
   * May be repeated, then takes over what came since. Nothing is forgotten before it is recorded, so a call that
   * breaks off has lost nothing, and the next one completes it. Works in bounded batches, however many products there
   * are, also beyond {@link historyReadCap}. `product_views` stays as it is.
   */
  takeOver(userId: string, guestId: string, upTo: number): Promise<void>

  /** The user's newest products after `after`; an unknown user has none. */
  latest(userId: string, options: { limit: number; after?: HistoryPosition }): Promise<HistoryPage>

  /** The newest effective time of one product in the user's history, or of all of them; `null` when there is none. */
  newestEffectiveTime(userId: string, productId?: string): Promise<number | null>

  /** The newest views in `product_views` of one calendar month (UTC, "2026-11"), newest first. */
  viewsOfMonth(userId: string, month: string, limit: number): Promise<RecordedRow[]>
}

/** A row of `product_views`. */
export interface RecordedRow {
  readonly messageId: string
  readonly userId: string
  readonly productId: string
  readonly source: string
  /** The view's own timestamp, epoch milliseconds. */
  readonly messageTime: number
}
