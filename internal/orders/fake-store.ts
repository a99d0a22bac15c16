import { compareBytes } from '#internal/domain/product-view.ts'
import { Unavailable } from '#internal/errors/errors.ts'
import { createFakeLeases } from '#internal/leases/fake-leases.ts'
import { bestPairFirst, pairsPerProduct } from './store.ts'
import { versionsToDrop } from './versions.ts'
import type {
  BoughtTogether,
  OrderLine,
  OrdersStore,
  Product,
  PublishedSet,
  Ranking,
  RunReport,
  ScheduleState,
  Version,
} from './store.ts'
import type { KnownVersion } from './versions.ts'

export interface FakeOrdersStore extends OrdersStore {
  /** While false, every call rejects with `Unavailable`. */
  setAvailable(available: boolean): void
}

/** Order data in memory, for tests of what uses it; `now` gives epoch milliseconds. */
export function createFakeOrdersStore({ now = Date.now }: { now?: () => number } = {}): FakeOrdersStore {
  const states = new Map<string, ScheduleState>()
  const orders = new Map<string, { lines: readonly OrderLine[]; writtenAt: number }>()
  const rankings = new Map<string, Ranking[]>()
  const products = new Map<string, Product[]>()
  const pairs = new Map<string, BoughtTogether[]>()
  const versions = new Map<PublishedSet, KnownVersion[]>()
  const pointers = new Map<PublishedSet, Version>()
  const reports: RunReport[] = []
  let available = true

  async function reachable(): Promise<void> {
    if (!available) throw new Unavailable('the fake store is away')
  }

  async function write<T>(
    set: PublishedSet,
    { id, snapshotAt }: Version,
    rows: AsyncIterable<T>,
  ): Promise<T[]> {
    await reachable()
    versions.set(set, [...(versions.get(set) ?? []), { id, snapshotAt, writtenAt: now() }])
    return Array.fromAsync(rows)
  }

  const linesOf = (userId: string) =>
    [...orders.values()].flatMap(({ lines }) => lines).filter(line => line.userId === userId)

  return {
    setAvailable(value) {
      available = value
    },
    takeLease: createFakeLeases({ now, reachable }).take,
    async readState(schedule) {
      await reachable()
      return states.get(schedule) ?? null
    },
    async writeState(schedule, state) {
      await reachable()
      states.set(schedule, state)
    },
    async replaceOrders(given, at) {
      await reachable()
      const counts = { written: 0, deleted: 0 }
      for (const { orderId, lines } of given) {
        const standing = orders.get(orderId)
        if (standing && standing.writtenAt > at) continue
        const keyOf = (line: OrderLine) => JSON.stringify([line.userId, line.productId])
        const before = new Map(standing?.lines.map(line => [keyOf(line), JSON.stringify(line)]))
        counts.written += lines.filter(line => before.get(keyOf(line)) !== JSON.stringify(line)).length
        counts.deleted += [...before.keys()].filter(key => !lines.some(line => keyOf(line) === key)).length
        if (lines.length === 0) orders.delete(orderId)
        else orders.set(orderId, { lines, writtenAt: at })
      }
      return counts
    },
    async *ordersNotSeen(since, at) {
      await reachable()
      for (const [orderId, { lines, writtenAt }] of orders) {
        if ((lines[0]?.orderedAt ?? 0) >= since && writtenAt < at) yield orderId
      }
    },
    async writeRankings(version, rows) {
      const written = await write('rankings', version, rows)
      rankings.set(version.id, written)
      return written.reduce((sum, ranking) => sum + ranking.products.length, 0)
    },
    async writeProducts(version, rows) {
      const written = await write('products', version, rows)
      products.set(version.id, written)
      return written.length
    },
    async writeBoughtTogether(version, rows) {
      const written = await write('bought-together', version, rows)
      pairs.set(version.id, written)
      return written.length
    },
    async publish(set, version) {
      await reachable()
      const standing = pointers.get(set)
      if (standing && standing.snapshotAt >= version.snapshotAt) return false
      pointers.set(set, version)
      return true
    },
    async dropOldVersions(set, at) {
      await reachable()
      const known = versions.get(set) ?? []
      const old = versionsToDrop(known, pointers.get(set)?.id ?? null, at)
      const rows = { rankings, products, 'bought-together': pairs }[set]
      for (const id of old) rows.delete(id)
      versions.set(
        set,
        known.filter(({ id }) => !old.includes(id)),
      )
    },
    async writeReport(report) {
      await reachable()
      reports.push(report)
    },
    async currentVersion(set) {
      await reachable()
      return pointers.get(set) ?? null
    },
    async ranking(version, category, window, limit) {
      await reachable()
      const found = rankings.get(version.id)?.find(one => one.category === category && one.window === window)
      return found?.products.slice(0, limit) ?? []
    },
    async *products(version) {
      await reachable()
      yield* products.get(version.id) ?? []
    },
    async boughtSince(userId, since) {
      await reachable()
      return new Set(
        linesOf(userId)
          .filter(({ orderedAt }) => orderedAt >= since)
          .map(({ productId }) => productId),
      )
    },
    async boughtTogether(version, productId) {
      await reachable()
      return (pairs.get(version.id) ?? [])
        .filter(pair => pair.productId === productId)
        .sort(bestPairFirst)
        .slice(0, pairsPerProduct)
    },
    async ordersOfUser(userId) {
      await reachable()
      return linesOf(userId).sort(
        (a, b) => compareBytes(a.orderId, b.orderId) || compareBytes(a.productId, b.productId),
      )
    },
    async lastReports(pipeline, limit) {
      await reachable()
      return reports
        .filter(report => report.pipeline === pipeline)
        .sort((a, b) => b.startedAt - a.startedAt)
        .slice(0, limit)
    },
  }
}
