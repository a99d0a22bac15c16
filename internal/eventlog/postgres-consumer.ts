import { setTimeout as sleep } from 'node:timers/promises'
import { backOff } from './back-off.ts'
import { createGate } from './delivery.ts'
import { workPartition } from './partition-worker.ts'
import { createFetch } from './postgres-records.ts'
import { createLifetime, createSubscription } from './subscription.ts'
import { errorText } from './refusals.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { BatchHandler, ConsumeOptions, Subscription } from './log.ts'
import type { Lease, Membership } from './postgres-group.ts'
import type { PostgresTopic } from './postgres-topics.ts'
import type { Postgres } from '#internal/postgres/client.ts'
import type { Tail } from './postgres-tail.ts'

const beatMs = 1_000

interface Worker {
  readonly lease: Lease
  readonly leaving: AbortController
  readonly lost: AbortController
  readonly done: Promise<void>
}

/** A member of a group on PostgreSQL: a beat a second keeps its leases, and a worker runs for each of them. */
export function consumeFromPostgres(options: {
  postgres: Postgres
  tail: Tail
  membership: Membership
  topic: (name: string) => Promise<PostgresTopic>
  topics: readonly string[]
  handle: BatchHandler
  consume: ConsumeOptions
  logger: Logger
}): Subscription {
  const { postgres, tail, membership, handle, logger } = options
  const { maxBatch = 200, concurrency = 4 } = options.consume
  const lifetime = createLifetime()
  const gate = createGate(concurrency)
  const workers = new Map<string, Worker>()
  const entered = new Set<PostgresTopic>()
  /** Leases given up here; a beat that began before the release still sees them. */
  const ended = new Set<string>()
  let healthy = false
  let lastActiveAt = Date.now()

  function onSign(alive: boolean): void {
    healthy = alive
    if (alive) lastActiveAt = Date.now()
  }

  function start(id: string, lease: Lease): void {
    const leaving = new AbortController()
    const lost = new AbortController()
    const { topic, partition } = lease
    const work = workPartition({
      source: {
        fetch: createFetch(postgres, topic, partition, lease.appendTime),
        more: (from, signal) => tail.beyond(topic.id, partition, from, signal),
        commit: last => membership.commit(lease, last),
      },
      from: lease.next,
      handle,
      maxBatch,
      gate,
      lifetime,
      leaving: leaving.signal,
      lost: lost.signal,
      logger,
      onSign,
    })
    // The lease of a member that cannot release it runs out by itself.
    const done = work
      .then(() => membership.release(lease).catch(() => undefined))
      .finally(() => workers.delete(id))
    workers.set(id, { lease, leaving, lost, done })
  }

  async function beat(name: string): Promise<void> {
    const topic = await options.topic(name)
    if (!entered.has(topic)) {
      await membership.enter(topic)
      entered.add(topic)
    }
    const { held, share } = await membership.beat(topic)
    onSign(true)
    const ids = new Map(held.map(lease => [`${topic.id}/${lease.partition}/${lease.epoch}`, lease]))
    const own = [...workers].filter(([, worker]) => worker.lease.topic === topic)
    for (const [id, worker] of own) if (!ids.has(id)) worker.lost.abort()
    for (const [, worker] of own.slice(share)) worker.leaving.abort()
    for (const [id, lease] of ids) {
      if (lifetime.stopping.aborted || workers.has(id)) continue
      // Held by the database and given up here: the release was lost, or this beat began before it.
      if (ended.delete(id)) await membership.release(lease)
      else start(id, lease)
    }
  }

  async function run(): Promise<void> {
    const delays = backOff({ firstMs: 500 })
    let troubled = false
    while (!lifetime.stopping.aborted) {
      try {
        for (const name of options.topics) await beat(name)
        if (troubled) logger.info({ topics: options.topics }, 'the log answers again')
        troubled = false
        delays.reset()
        await sleep(beatMs * (0.8 + Math.random() * 0.4), undefined, { signal: lifetime.stopping }).catch(
          () => undefined,
        )
      } catch (error) {
        onSign(false)
        if (!troubled)
          logger.warn({ topics: options.topics, reason: errorText(error) }, 'waiting for the log')
        troubled = true
        await delays.wait(lifetime.stopping)
      }
    }
  }

  const running = run()
  return createSubscription({
    lifetime,
    healthy: () => healthy,
    lastActiveAt: () => lastActiveAt,
    async finish() {
      await running
      await Promise.all([...workers.values()].map(({ done }) => done))
      await Promise.all([...entered].map(topic => membership.leave(topic).catch(() => undefined)))
    },
  })
}
