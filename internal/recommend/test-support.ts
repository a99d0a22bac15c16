import { createFakeLog } from '#internal/eventlog/fake-log.ts'
import { historyChangesTopic, productViewsTopic, topics } from '#internal/eventlog/topics.ts'
import { changeToRecord } from '#internal/history/changes.ts'
import { createFakeHistoryStore } from '#internal/history/fake-store.ts'
import { defaultHistoryTtl } from '#internal/history/store.ts'
import { createFakeOrdersStore } from '#internal/orders/fake-store.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { defaultFilters } from './filters.ts'
import { createFakeRankerStore } from './ranker/fake-store.ts'
import { startRecommendations } from './service.ts'
import type { HistoryChange } from '#internal/history/changes.ts'
import type { FakeHistoryStore } from '#internal/history/fake-store.ts'
import type { FakeOrdersStore } from '#internal/orders/fake-store.ts'
import type { OrdersStore, Product, RankedProduct, Ranking } from '#internal/orders/store.ts'
import type { Filters } from './filters.ts'
import type { Question, RecommendedItem } from './recommender.ts'

/**
 * The service on fakes, with a log that can be appended to; `now` gives epoch milliseconds. It is ready and warm, or,
 * when started `cold`, waits for a log that is away. Nobody teaches the ranker, so that the same question gets the same
 * answer.
 */
export async function startTestRecommendations(options: {
  now: () => number
  history?: FakeHistoryStore
  orders?: FakeOrdersStore
  capacityViews?: number
  cold?: boolean
}) {
  const { now, capacityViews = 100_000, cold = false } = options
  const history = options.history ?? createFakeHistoryStore({ ttl: defaultHistoryTtl, now })
  const orders = options.orders ?? createFakeOrdersStore()
  const ranker = createFakeRankerStore({ now })
  await ranker.setFrozen(true)
  const metrics = createMetrics({ service: 'api', version: '0' })
  const log = createFakeLog({ now })
  await log.ensureTopics(topics({ partitions: 3, historyTtlMs: defaultHistoryTtl.historyMs }))
  log.setAvailable(!cold)
  let ids = 0
  const service = startRecommendations({
    log,
    history,
    orders,
    ranker,
    settings: { capacityViews, sessionsPerProduct: 1_000 },
    historyTtlMs: defaultHistoryTtl.historyMs,
    warmLimitMs: 60_000,
    instance: 'test',
    logger: silentLogger,
    metrics,
    now,
    newId: () => String(ids++),
    followEveryMs: 5,
    publishEveryMs: 5,
  })
  const until = async (what: () => boolean) => {
    while (!what()) await new Promise(setImmediate)
  }
  await until(() =>
    cold
      ? service.readiness() === service.live.readiness()
      : service.readiness() === null && service.live.warm,
  )

  /** Appends views of products by a user, a second apart, the last one at `last`; resolves when they count. */
  async function view(userId: string, productIds: readonly string[], last = now()): Promise<void> {
    const before = service.live.index.views
    await log.append(
      productViewsTopic,
      productIds.map((productId, i) => {
        const timestamp = new Date(last - (productIds.length - 1 - i) * 1_000).toISOString()
        const value = {
          event: 'ProductView',
          userid: userId,
          properties: { productid: productId },
          timestamp,
        }
        return { key: userId, value: Buffer.from(JSON.stringify(value)), headers: {} }
      }),
    )
    await until(() => service.live.index.views === before + productIds.length)
  }
  const change = (one: HistoryChange) => log.append(historyChangesTopic, [changeToRecord(one)])
  return { service, history, orders, ranker, metrics, log, view, change, until }
}

/** The time that the clock begins at. */
export const start = Date.parse('2026-11-01T10:00:00.000Z')
export const minute = 60_000

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

export const product = (productId: string, categoryId = 'hats', change: Partial<Product> = {}): Product => ({
  productId,
  categoryId,
  title: null,
  price: 10,
  inStock: true,
  createdAt: 1,
  ...change,
})
export const ranked = (...ids: string[]): RankedProduct[] =>
  ids.map((productId, i) => ({ productId, buyers: 10 - i, quantity: 20 - i }))

/** Publishes a catalogue and rankings as one version. */
export async function publish(
  orders: OrdersStore,
  { id = '1', shop = [], rankings = [] }: { id?: string; shop?: Product[]; rankings?: Ranking[] },
  snapshotAt = start,
): Promise<void> {
  const version = { id, snapshotAt }
  await orders.writeProducts(version, each(shop))
  await orders.publish('products', version)
  await orders.writeRankings(version, each(rankings))
  await orders.publish('rankings', version)
}

/** The service on fakes, its clock moved by hand; without a shop nothing is published. */
export async function setUpShop(
  published: Parameters<typeof publish>[1] | null = null,
  { cold = false } = {},
) {
  const clock = { now: start }
  const now = () => clock.now
  const history = createFakeHistoryStore({ ttl: defaultHistoryTtl, now })
  const orders = createFakeOrdersStore({ now })
  if (published !== null) await publish(orders, published)
  const test = await startTestRecommendations({ now, history, orders, cold })
  const ask = ({
    filters,
    ...question
  }: Partial<Omit<Question, 'filters'>> & { filters?: Partial<Filters> }) =>
    test.service.recommender.recommend({
      userId: null,
      visit: [],
      current: null,
      limit: 10,
      forStrangers: 'trending',
      ...question,
      filters: { ...defaultFilters, ...filters },
    })
  const products = async (question: Parameters<typeof ask>[0]) =>
    (await ask(question)).items.map(({ productId }) => productId)
  /** Others' visits: who views "a" views "b" next, mostly. */
  async function othersLookAround(): Promise<void> {
    for (const [n, visit] of [
      ['a', 'b', 'c'],
      ['a', 'b'],
      ['a', 'c'],
    ].entries()) {
      await test.view(`other-${n}`, visit, start - (n + 1) * minute)
    }
  }
  return { ...test, clock, ask, products, othersLookAround }
}

/** What each item is, and where it comes from. */
export const sources = (items: readonly RecommendedItem[]) =>
  items.map(({ productId, source }) => [productId, source])

/** A small shop of hats and bags, with best sellers. */
export const shop = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id, n) =>
  product(id, id < 'e' ? 'hats' : 'bags', { createdAt: n }),
)
export const rankings: Ranking[] = [
  { category: 'hats', window: '30d', products: ranked('d') },
  { category: null, window: 'previous-month', products: ranked('e') },
  { category: null, window: 'ever', products: ranked('f') },
]
