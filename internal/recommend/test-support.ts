import { createFakeLog } from '#internal/eventlog/fake-log.ts'
import { historyChangesTopic, productViewsTopic, topics } from '#internal/eventlog/topics.ts'
import { changeToRecord } from '#internal/history/changes.ts'
import { createFakeHistoryStore } from '#internal/history/fake-store.ts'
import { defaultHistoryTtl } from '#internal/history/store.ts'
import { createFakeOrdersStore } from '#internal/orders/fake-store.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { createFakeRankerStore } from './ranker/fake-store.ts'
import { startRecommendations } from './service.ts'
import type { HistoryChange } from '#internal/history/changes.ts'
import type { FakeHistoryStore } from '#internal/history/fake-store.ts'
import type { FakeOrdersStore } from '#internal/orders/fake-store.ts'

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
