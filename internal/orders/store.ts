import type { Lease } from '#internal/leases/leases.ts'

import { compareBytes } from '#internal/domain/product-view.ts'

/** What the ETL writes and the recommendations read: order lines, and published versions of rankings and catalogue. */

export interface OrderLine {
  readonly orderId: string
  readonly productId: string
  readonly categoryId: string
  readonly quantity: number
  readonly userId: string
  /** When the order was made, epoch milliseconds. */
  readonly orderedAt: number
}

/** All that the shop has of one order; no lines when it is cancelled or gone. */
export interface OrderWithLines {
  readonly orderId: string
  readonly lines: readonly OrderLine[]
}

/** `previous-month` is the calendar month before the run's, in the schedule's time zone. */
export const rankingWindows = ['1d', '7d', '30d', '90d', 'previous-month', 'ever'] as const
export type RankingWindow = (typeof rankingWindows)[number]

export interface RankedProduct {
  readonly productId: string
  /** Distinct buyers in the window. */
  readonly buyers: number
  readonly quantity: number
}

/** Best sellers of the whole shop (`category: null`) or of one category, best first, at most 1,000. */
export interface Ranking {
  readonly category: string | null
  readonly window: RankingWindow
  readonly products: readonly RankedProduct[]
}

export interface Product {
  readonly productId: string
  readonly categoryId: string
  readonly title: string | null
  readonly price: number | null
  readonly inStock: boolean | null
  /** Epoch milliseconds. */
  readonly createdAt: number | null
}

/** So many partners of a product are kept, the best by score. */
export const pairsPerProduct = 100
/** Products that fewer orders hold together say nothing: chance alone brings such pairs. */
export const leastSupport = 3

/** Two products that were bought in one order. */
export interface BoughtTogether {
  readonly productId: string
  readonly otherProductId: string
  /** Orders that hold both, at least `leastSupport`. */
  readonly support: number
  /** How much more the two belong together than their own sales explain; 0 in versions that were written without scores. */
  readonly score: number
}

/** Ids by bytes, as the stores compare them. */
export function bestPairFirst(a: BoughtTogether, b: BoughtTogether): number {
  return b.score - a.score || b.support - a.support || compareBytes(a.otherProductId, b.otherProductId)
}

/** Sets that are written whole under a new version and then published at once by moving a pointer. */
export const publishedSets = ['rankings', 'products', 'bought-together'] as const
export type PublishedSet = (typeof publishedSets)[number]

/** A version of a published set, with the moment of the shop's data that it shows (epoch milliseconds). */
export interface Version {
  readonly id: string
  readonly snapshotAt: number
}

export type RunResult = 'Succeeded' | 'Failed' | 'Skipped' | 'Refused'

/** What one ETL run did; printed as JSON at its end and kept in `etl_runs`. */
export interface RunReport {
  readonly run: string
  readonly schedule: string
  readonly pipeline: 'orders' | 'products'
  readonly result: RunResult
  readonly mode: 'incremental' | 'full'
  /** Epoch milliseconds. */
  readonly startedAt: number
  readonly finishedAt: number
  readonly rowsRead: number
  readonly rowsWritten: number
  readonly rowsDeleted: number
  /** ISO 8601; up to where the shop's orders are known. */
  readonly watermark: string | null
  readonly seconds: number
  readonly message: string
  /** Of a run that failed: may the same run succeed later, with nobody changing anything? */
  readonly retryable?: boolean
  /** The trace that the run belongs to, as 32 hexadecimal digits, where traces are made. */
  readonly traceId?: string
}

/** What a schedule remembers from run to run. */
export interface ScheduleState {
  /** Hash of the source: another source starts from nothing. */
  readonly sourceHash: string
  /** Epoch milliseconds. */
  readonly watermark: number
  readonly lastFullAt: number
  /** Rows of the source in the window at the last good run, for the guard. */
  readonly rows: number
}

/** The ETL's side. Every method rejects with `Unavailable` while the store is away. */
export interface OrdersWriter {
  /** `null` when another holder has it. */
  takeLease(name: string, holder: string, ttlMs: number): Promise<Lease | null>

  readState(schedule: string): Promise<ScheduleState | null>
  writeState(schedule: string, state: ScheduleState): Promise<void>

  /**
   * Makes what is stored of each order equal to its lines; an order without lines goes, one that changed its user leaves
   * the old user. `at` is the snapshot's time (epoch milliseconds): a run never undoes what a later snapshot wrote.
   */
  replaceOrders(orders: readonly OrderWithLines[], at: number): Promise<{ written: number; deleted: number }>
  /**
   * Streams the ids of stored orders made at or after `since` that no snapshot of `at` or later has written (both epoch
   * milliseconds): once all orders of a snapshot are replaced, those that the shop has no more.
   */
  ordersNotSeen(since: number, at: number): AsyncIterable<string>

  /** Each of these writes under a version that no reader sees until it is published. */
  writeRankings(version: Version, rankings: AsyncIterable<Ranking>): Promise<number>
  writeProducts(version: Version, products: AsyncIterable<Product>): Promise<number>
  writeBoughtTogether(version: Version, pairs: AsyncIterable<BoughtTogether>): Promise<number>

  /** Moves the pointer by compare-and-set, only to a later snapshot; false when a later one stands already. */
  publish(set: PublishedSet, version: Version): Promise<boolean>
  /** Drops versions beyond the newest three, none younger than an hour. */
  dropOldVersions(set: PublishedSet, now: number): Promise<void>

  writeReport(report: RunReport): Promise<void>
}

/** The answering side. Every method rejects with `Unavailable` while the store is away. */
export interface OrdersReader {
  /** What is published now; `null` before the first run. */
  currentVersion(set: PublishedSet): Promise<Version | null>
  /** The first `limit` of a ranking, empty when there is none. */
  ranking(
    version: Version,
    category: string | null,
    window: RankingWindow,
    limit: number,
  ): Promise<RankedProduct[]>
  /** All products of a version, streamed. */
  products(version: Version): AsyncIterable<Product>
  /** Products that the user bought at or after `since` (epoch milliseconds). */
  boughtSince(userId: string, since: number): Promise<ReadonlySet<string>>
  /** A product's partners, at most `pairsPerProduct`: best score first, then most orders, then by id. */
  boughtTogether(version: Version, productId: string): Promise<BoughtTogether[]>
  ordersOfUser(userId: string): Promise<OrderLine[]>
  lastReports(pipeline: 'orders' | 'products', limit: number): Promise<RunReport[]>
}

export interface OrdersStore extends OrdersWriter, OrdersReader {}
