import { followPublished } from './published.ts'
import type { OrdersReader, PublishedSet, Version } from '#internal/orders/store.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Follower } from './published.ts'
import type { Deadline, StoreGuard } from './store-guard.ts'

/** So many lists are kept in memory; the one asked for longest ago goes first. */
const maxLists = 2_000

export interface PublishedList<T> {
  readonly items: readonly T[]
  /** False when the store is away and the list is an older one, or unknown. */
  readonly fresh: boolean
  /** False when the store is away and the list was never read. */
  readonly known: boolean
}

export interface PublishedLists<T> extends Follower {
  /**
   * The list of that name, by `read` where it is not in memory; empty before anything is published. Answers also while
   * the store is away, and by the deadline where there is one.
   */
  get(
    name: string,
    read: (version: Version) => Promise<readonly T[]>,
    deadline?: Deadline,
  ): Promise<PublishedList<T>>
}

type Lists<T> = Map<string, Promise<readonly T[] | null>>

/** Lists of a published set, read when first asked for and kept as long as their version is the published one. */
export function followLists<T>(options: {
  store: Pick<OrdersReader, 'currentVersion'>
  set: PublishedSet
  guard: StoreGuard
  logger: Logger
  everyMs: number
}): PublishedLists<T> {
  const { store, set, guard, everyMs, logger } = options
  let version: Version | null = null
  let lists: Lists<T> = new Map()
  let older: Lists<T> = new Map()

  const follower = followPublished({
    store,
    set,
    everyMs,
    logger,
    async adopt(published) {
      version = published
      older = lists
      lists = new Map()
    },
  })

  /** Reads a list of the version into `into`, where it stays unless that fails; `null` while the store is away. */
  function start(into: Lists<T>, name: string, read: () => Promise<readonly T[]>) {
    const list = guard(read).then(answer => (answer.there ? answer.value : null))
    const leave = () => {
      if (into.get(name) === list) into.delete(name)
    }
    list.then(items => items ?? leave(), leave)
    return list
  }

  /** The list of the published version; `null` while the store is away. */
  async function published(name: string, read: (version: Version) => Promise<readonly T[]>) {
    if (version === null) return []
    const from = version
    const list = lists.get(name) ?? start(lists, name, () => read(from))
    lists.delete(name)
    lists.set(name, list)
    if (lists.size > maxLists) lists.delete(lists.keys().next().value as string)
    return list
  }

  return {
    readiness: () => follower.readiness(),
    get fresh() {
      return follower.fresh
    },
    async get(name, read, deadline = list => list) {
      const items = await deadline(published(name, read))
      if (items !== null) return { items, fresh: follower.fresh, known: follower.readiness() === null }
      const last = (await older.get(name)?.catch(() => null)) ?? null
      return { items: last ?? [], fresh: false, known: last !== null }
    },
    [Symbol.asyncDispose]: () => follower[Symbol.asyncDispose](),
  }
}
