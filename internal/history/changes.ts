import { isId } from '#internal/domain/id.ts'
import { deletionTime } from '#internal/domain/product-view.ts'
import { InvalidInput, Unavailable } from '#internal/errors/errors.ts'
import { uncommittedBefore } from '#internal/eventlog/progress.ts'
import { historyChangesTopic } from '#internal/eventlog/topics.ts'
import type { Appended, EventLog, NewRecord } from '#internal/eventlog/log.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { HistoryPage, HistoryPosition, HistoryStore } from './store.ts'

/** The group that carries changes into the store: what it has committed has been applied. */
export const changesGroup = 'vitrine-loader-changes'

/** Somebody asked to forget one product of a user's history, or all of it, or a guest turned out to be this user. */
export type HistoryChange = {
  readonly userId: string
  /** The newest effective time known of what is forgotten or taken over, epoch milliseconds; `null` when none was known. */
  readonly newest: number | null
} & (
  | { readonly change: 'forget-product'; readonly productId: string }
  | { readonly change: 'forget-user' }
  | { readonly change: 'merge'; readonly guestId: string }
)

/**
 * A change as a record of `history-changes`, keyed by the user whose history shrinks: so what a guest had forgotten
 * before logging in is gone before the rest is taken over. Deletions of the user who takes over need no such order,
 * since their times decide.
 */
export function changeToRecord(change: HistoryChange): NewRecord {
  const json = {
    change: change.change,
    userid: change.userId,
    ...(change.change === 'forget-product' && { productid: change.productId }),
    ...(change.change === 'merge' && { guestid: change.guestId }),
    newest: change.newest === null ? null : new Date(change.newest).toISOString(),
  }
  return {
    key: change.change === 'merge' ? change.guestId : change.userId,
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
  const { change, userid, productid, guestid, newest: time } = json as Record<string, unknown>
  if (!isIdText(userid)) return null
  const newest = time === null || time === undefined ? null : parseTime(time)
  if (newest === undefined) return null
  if (change === 'forget-user') return { change, userId: userid, newest }
  if (change === 'forget-product' && isIdText(productid))
    return { change, userId: userid, productId: productid, newest }
  if (change === 'merge' && isIdText(guestid) && guestid !== userid)
    return { change, userId: userid, guestId: guestid, newest }
  return null
}

function isIdText(value: unknown): value is string {
  return typeof value === 'string' && isId(value)
}

function parseTime(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

/**
 * Carries a change out as of the append time of its record (epoch milliseconds); may be repeated. A merge takes over
 * what the store holds by then, so the guest's views must have been loaded before. Returns the change's time.
 */
export async function applyChange(
  store: Pick<HistoryStore, 'forgetProduct' | 'forgetUser' | 'takeOver'>,
  change: HistoryChange,
  appendTime: number,
): Promise<number> {
  const at = deletionTime(appendTime, change.newest ?? appendTime)
  switch (change.change) {
    case 'forget-user':
      await store.forgetUser(change.userId, at)
      break
    case 'forget-product':
      await store.forgetProduct(change.userId, change.productId, at)
      break
    case 'merge':
      await store.takeOver(change.userId, change.guestId, at)
      break
  }
  return at
}

/** What a process holds of histories in memory, and changes before the store. */
export interface HistoryInMemory {
  /** The newest effective time that it knows, of one product of the user or of all; `null` when it knows none. */
  newestEffectiveTime(userId: string, productId?: string): number | null
  /** The user's `limit` newest products, newest first; `null` when it can't tell them all. */
  latestProducts(userId: string, limit: number): readonly string[] | null
  /** Carries out a change that stands in the log since `appendTime` (epoch milliseconds). */
  apply(change: HistoryChange, appendTime: number): void
}

export interface HistoryService {
  /** Rejects with `Unavailable` while the store is away. */
  latest(userId: string, options: { limit: number; after?: HistoryPosition }): Promise<HistoryPage>
  /** The user's newest products, newest first, from memory where it holds them all; rejects as `latest`. */
  latestProducts(userId: string, limit: number): Promise<readonly string[]>
  /**
   * Resolves once the wish is durable in the log: then it holds, also while the store is away and however late
   * a view arrives. Rejects with `Unavailable` while the log is away.
   */
  forgetProduct(userId: string, productId: string): Promise<void>
  /** As `forgetProduct`, for the whole history. */
  forgetUser(userId: string): Promise<void>
  /**
   * Makes a guest's history the user's. Resolves once the wish is durable in the log, as with `forgetProduct`; what
   * the store holds by then is taken over when it resolves, the guest's last views once the loader has written them.
   * Harmless when repeated. Rejects with `InvalidInput` when both are one.
   */
  merge(userId: string, guestId: string): Promise<void>
}

/** Users' histories for those who ask: reads from the store, changes through the log. */
export function createHistoryService(options: {
  log: Pick<EventLog, 'append' | 'ends' | 'lag'>
  store: HistoryStore
  logger: Logger
  memory?: HistoryInMemory
}): HistoryService {
  const { log, store, logger, memory } = options

  /** What an engine says, or `fallback` while it is away: the loader catches up from the log. */
  async function whileThere<T>(ask: Promise<T>, fallback: T): Promise<T> {
    try {
      return await ask
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      logger.debug({ error }, 'an engine is away; the loader will apply the change')
      return fallback
    }
  }

  async function append(change: HistoryChange): Promise<Appended> {
    const [appended] = await log.append(historyChangesTopic, [changeToRecord(change)])
    if (appended === undefined) throw new Unavailable('The event log did not say where the change stands')
    memory?.apply(change, appended.appendTime)
    return appended
  }

  /** The newest effective time that store or memory knows. */
  async function newestKnown(userId: string, productId?: string): Promise<number | null> {
    const stored = await whileThere(store.newestEffectiveTime(userId, productId), null)
    const held = memory?.newestEffectiveTime(userId, productId) ?? null
    return stored === null || held === null ? (stored ?? held) : Math.max(stored, held)
  }

  async function forget(change: HistoryChange): Promise<void> {
    const { appendTime } = await append(change)
    await whileThere(applyChange(store, change, appendTime), 0)
  }

  /** Has the loader applied all changes of this partition that came before? */
  async function isNextIn({ partition, offset }: Appended): Promise<boolean> {
    const offsets = new Map([[partition, offset]])
    return (await uncommittedBefore(log, { group: changesGroup, topic: historyChangesTopic, offsets })) === 0n
  }

  return {
    latest: (userId, page) => store.latest(userId, page),

    async latestProducts(userId, limit) {
      const held = memory?.latestProducts(userId, limit) ?? null
      if (held !== null) return held
      const { items } = await store.latest(userId, { limit })
      return items.map(({ productId }) => productId)
    },

    async forgetProduct(userId, productId) {
      const newest = await newestKnown(userId, productId)
      await forget({ change: 'forget-product', userId, productId, newest })
    },

    async forgetUser(userId) {
      const newest = await newestKnown(userId)
      await forget({ change: 'forget-user', userId, newest })
    },

    async merge(userId, guestId) {
      if (guestId === userId)
        throw new InvalidInput("guestId must be another id than the user's own", '/guestId')
      const newest = await newestKnown(guestId)
      const change: HistoryChange = { change: 'merge', userId, guestId, newest }
      const appended = await append(change)
      // A deletion by the guest that the store has not seen yet must go first: the loader keeps that order.
      if (!(await whileThere(isNextIn(appended), false))) return
      await whileThere(applyChange(store, change, appended.appendTime), 0)
    },
  }
}
