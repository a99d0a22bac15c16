import { isId } from '#internal/domain/id.ts'
import { deletionTime } from '#internal/domain/product-view.ts'
import { Unavailable } from '#internal/errors/errors.ts'
import { historyChangesTopic } from '#internal/eventlog/topics.ts'
import type { EventLog, NewRecord } from '#internal/eventlog/log.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { HistoryPage, HistoryPosition, HistoryStore } from './store.ts'

/** Somebody asked to forget: one product of a user's history, or all of it. */
export type HistoryChange = {
  readonly userId: string
  /** The newest effective time known of what is forgotten, epoch milliseconds; `null` when none was known. */
  readonly newest: number | null
} & ({ readonly change: 'forget-product'; readonly productId: string } | { readonly change: 'forget-user' })

/** A change as a record of `history-changes`, keyed by user. */
export function changeToRecord(change: HistoryChange): NewRecord {
  const json = {
    change: change.change,
    userid: change.userId,
    ...(change.change === 'forget-product' && { productid: change.productId }),
    newest: change.newest === null ? null : new Date(change.newest).toISOString(),
  }
  return {
    key: change.userId,
    value: Buffer.from(JSON.stringify(json)),
    headers: { 'content-type': 'application/json' },
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Reads what {@link changeToRecord} wrote; `null` for anything else. Never throws. */
export function parseChange(value: Buffer | null): HistoryChange | null {
  if (value === null) return null
  try {
    return fromJson(JSON.parse(utf8.decode(value)))
  } catch {
    return null
  }
}

function fromJson(json: unknown): HistoryChange | null {
  if (typeof json !== 'object' || json === null) return null
  const { change, userid, productid, newest } = json as Record<string, unknown>
  if (typeof userid !== 'string' || !isId(userid)) return null
  const known = newest === null || newest === undefined ? null : parseTime(newest)
  if (known === undefined) return null
  if (change === 'forget-user') return { change, userId: userid, newest: known }
  if (change !== 'forget-product' || typeof productid !== 'string' || !isId(productid)) return null
  return { change, userId: userid, productId: productid, newest: known }
}

function parseTime(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

/** Carries a change out as of the append time of its record (epoch milliseconds); may be repeated. Returns the deletion's time. */
export async function applyChange(
  store: Pick<HistoryStore, 'forgetProduct' | 'forgetUser'>,
  change: HistoryChange,
  appendTime: number,
): Promise<number> {
  const at = deletionTime(appendTime, change.newest ?? appendTime)
  if (change.change === 'forget-user') await store.forgetUser(change.userId, at)
  else await store.forgetProduct(change.userId, change.productId, at)
  return at
}

export interface HistoryService {
  /** Rejects with `Unavailable` while the store is away. */
  latest(userId: string, options: { limit: number; after?: HistoryPosition }): Promise<HistoryPage>
  /**
   * Resolves once the wish is durable in the log: then it holds, also while the store is away and however late
   * a view arrives. Rejects with `Unavailable` while the log is away.
   */
  forgetProduct(userId: string, productId: string): Promise<void>
  /** As `forgetProduct`, for the whole history. */
  forgetUser(userId: string): Promise<void>
}

/** Users' histories for those who ask: reads from the store, deletions through the log. */
export function createHistoryService(options: {
  log: Pick<EventLog, 'append'>
  store: HistoryStore
  logger: Logger
}): HistoryService {
  const { log, store, logger } = options

  /** What the store says, or `fallback` while it is away: the loader catches up from the log. */
  async function whileThere<T>(ask: Promise<T>, fallback: T): Promise<T> {
    try {
      return await ask
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      logger.debug({ error }, 'the store is away; the loader will apply the deletion')
      return fallback
    }
  }

  async function forget(change: HistoryChange): Promise<void> {
    const [appended] = await log.append(historyChangesTopic, [changeToRecord(change)])
    if (appended === undefined) throw new Unavailable('The event log did not say where the deletion stands')
    await whileThere(applyChange(store, change, appended.appendTime), 0)
  }

  return {
    latest: (userId, page) => store.latest(userId, page),

    async forgetProduct(userId, productId) {
      const newest = await whileThere(store.newestEffectiveTime(userId, productId), null)
      await forget({ change: 'forget-product', userId, productId, newest })
    },

    async forgetUser(userId) {
      const newest = await whileThere(store.newestEffectiveTime(userId), null)
      await forget({ change: 'forget-user', userId, newest })
    },
  }
}
