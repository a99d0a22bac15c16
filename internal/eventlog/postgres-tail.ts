import { setTimeout as sleep } from 'node:timers/promises'
import { orEnded } from './subscription.ts'
import type { Postgres } from '#internal/postgres/client.ts'

export const notifyChannel = 'vitrine_eventlog'
const pollMs = 1_000
/** Notifications are sent at most so often: each takes a lock on the whole server when it commits. */
const notifyEveryMs = 10

/** Follows the ends of the topics that somebody reads: by notification at once, by polling if one is lost. */
export interface Tail extends AsyncDisposable {
  /** Resolves when the partition's next offset is beyond `from`, or when the signal ends. */
  beyond(topicId: number, partition: number, from: bigint, signal: AbortSignal): Promise<void>
  /** Tells other processes, soon, that a topic has grown. */
  grew(topicId: number): void
}

export function createTail(postgres: Postgres): Tail {
  const next = new Map<string, bigint>()
  const watched = new Set<number>()
  const stopping = new AbortController()
  let changed = Promise.withResolvers<void>()
  let listening: AsyncDisposable | null = null
  let polling: Promise<void> | null = null
  let looking: Promise<void> | null = null
  let lookAgain = false

  function look(): void {
    if (looking) {
      lookAgain = true
      return
    }
    looking = refresh().finally(() => {
      looking = null
      if (lookAgain) {
        lookAgain = false
        look()
      }
    })
  }

  async function refresh(): Promise<void> {
    if (watched.size === 0) return
    try {
      const rows = await postgres.query<{ topic_id: number; partition: number; next: number | bigint }>(
        'SELECT topic_id, partition, next FROM eventlog.log_partition WHERE topic_id = ANY ($1)',
        [[...watched]],
        { name: 'eventlog-ends' },
      )
      for (const row of rows) next.set(`${row.topic_id}/${row.partition}`, BigInt(row.next))
    } catch {
      // The log is away. Whoever waits asks it by himself, meets the same and shows it as his health.
    }
    changed.resolve()
    changed = Promise.withResolvers()
  }

  async function poll(): Promise<void> {
    while (!stopping.signal.aborted) {
      look()
      await sleep(pollMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  const grown = new Set<number>()
  let telling: Promise<void> | null = null

  async function tell(): Promise<void> {
    while (grown.size > 0) {
      const topicIds = [...grown]
      grown.clear()
      await postgres
        .execute('SELECT pg_notify($1, $2)', [notifyChannel, topicIds.join(',')], { name: 'eventlog-notify' })
        // Readers poll: a lost notification costs them a second.
        .catch(() => undefined)
      await sleep(notifyEveryMs)
    }
    telling = null
  }

  return {
    async beyond(topicId, partition, from, signal) {
      listening ??= postgres.listen(notifyChannel, payload => {
        if (payload === '' || payload.split(',').some(id => watched.has(Number(id)))) look()
      })
      polling ??= poll()
      // Watched from now on for good: what comes while a reader is at work must not be missed.
      watched.add(topicId)
      const before = changed.promise
      if ((next.get(`${topicId}/${partition}`) ?? 0n) > from) return
      await orEnded(before, signal)
    },
    grew(topicId) {
      grown.add(topicId)
      telling ??= tell()
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await Promise.all([listening?.[Symbol.asyncDispose](), polling, telling, looking])
    },
  }
}
