import { Unavailable } from '#internal/errors/errors.ts'
import { createGate } from './delivery.ts'
import { workPartition } from './partition-worker.ts'
import { createLifetime, createSubscription } from './subscription.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { BatchHandler, ConsumeOptions, Subscription } from './log.ts'
import type { PartitionSource } from './partition-worker.ts'

interface Member {
  readonly group: string
  readonly topics: readonly string[]
  take(share: Share): void
}

/** A partition as a group sees it: how far it got, and who works on it. */
interface Share {
  readonly topic: string
  readonly partition: number
  committed: bigint
  owner: Member | null
  leave: () => void
  worker: Promise<void>
}

/** Shares the fake log's partitions among the members of its groups. */
export function createFakeGroups(options: {
  partitionsOf: (topic: string) => number
  source: (topic: string, partition: number) => Omit<PartitionSource, 'commit'>
  available: () => boolean
  logger: Logger
}) {
  const { partitionsOf, source, available, logger } = options
  const members = new Set<Member>()
  const shares = new Map<string, Share>()

  function shareOf(group: string, topic: string, partition: number): Share {
    const id = JSON.stringify([group, topic, partition])
    const known = shares.get(id)
    if (known) return known
    const share = { topic, partition, committed: 0n, owner: null, leave: () => {}, worker: Promise.resolve() }
    shares.set(id, share)
    return share
  }

  /** Gives each partition to one member of each group; a member that must give one up finishes what it has in hand first. */
  function rebalance(): void {
    for (const group of new Set([...members].map(member => member.group))) {
      const ofGroup = [...members].filter(member => member.group === group)
      for (const topic of new Set(ofGroup.flatMap(member => member.topics))) {
        const takers = ofGroup.filter(member => member.topics.includes(topic))
        for (let partition = 0; partition < partitionsOf(topic); partition++) {
          move(shareOf(group, topic, partition), takers[partition % takers.length] as Member)
        }
      }
    }
  }

  function move(share: Share, member: Member): void {
    if (share.owner === member) return
    share.leave()
    share.owner = member
    member.take(share)
  }

  function join(
    group: string,
    topics: readonly string[],
    handle: BatchHandler,
    options: ConsumeOptions,
  ): Subscription {
    const { maxBatch = 200, concurrency = 4 } = options
    const lifetime = createLifetime()
    const gate = createGate(concurrency)
    const workers = new Set<Promise<void>>()

    const member: Member = {
      group,
      topics,
      take(share) {
        const leaving = new AbortController()
        const work = async () =>
          workPartition({
            source: {
              ...source(share.topic, share.partition),
              commit: last => commit(share, last.offset + 1n),
            },
            from: share.committed,
            handle,
            maxBatch,
            gate,
            lifetime,
            leaving: leaving.signal,
            lost: lifetime.cut,
            logger,
            onSign: () => {},
          })
        share.leave = () => leaving.abort()
        const worker = share.worker.then(work).finally(() => workers.delete(worker))
        share.worker = worker
        workers.add(worker)
      },
    }
    members.add(member)
    rebalance()

    return createSubscription({
      lifetime,
      healthy: available,
      lastActiveAt: Date.now,
      async finish() {
        members.delete(member)
        for (const share of shares.values()) if (share.owner === member) share.owner = null
        rebalance()
        await Promise.all(workers)
      },
    })
  }

  async function commit(share: Share, next: bigint): Promise<boolean> {
    if (!available()) throw new Unavailable('The fake log is away')
    if (next > share.committed) share.committed = next
    return true
  }

  return {
    rebalance,
    join,
    committed: (group: string, topic: string, partition: number) =>
      shareOf(group, topic, partition).committed,
  }
}
