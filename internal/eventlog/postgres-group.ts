import type { Postgres, Queryable } from '#internal/postgres/client.ts'
import type { LogRecord, PartitionLag } from './log.ts'
import { readEnds } from './postgres-records.ts'
import type { PostgresTopic } from './postgres-topics.ts'

/** A partition that this member may work on until its lease ends. */
export interface Lease {
  readonly topic: PostgresTopic
  readonly partition: number
  readonly epoch: number | bigint
  readonly next: bigint
  /** Append time of the last record done, epoch milliseconds; 0 when there is none. */
  readonly appendTime: number
}

/** A member that shows no sign of life for so long loses its partitions. */
const leaseMs = 10_000

/** One member's dealings with its group: all by the database's clock. */
export function createMembership(postgres: Postgres, group: string, member: string) {
  /** Shows this member alive, renews its leases, and claims free partitions up to its share. */
  async function beat(topic: PostgresTopic): Promise<{ held: Lease[]; share: number }> {
    return postgres.transaction({ statementTimeoutMs: 5_000 }, async tx => {
      await tx.execute(
        `INSERT INTO eventlog.group_member (group_name, topic_id, member, expires)
         VALUES ($1, $2, $3, clock_timestamp() + $4 * interval '1 ms')
         ON CONFLICT (group_name, topic_id, member) DO UPDATE SET expires = excluded.expires`,
        [group, topic.id, member, leaseMs],
      )
      const held = await renew(tx, topic)
      const share = await shareOf(tx, topic)
      if (held.length < share) held.push(...(await claim(tx, topic, share - held.length)))
      return { held, share }
    })
  }

  async function renew(tx: Queryable, topic: PostgresTopic): Promise<Lease[]> {
    const rows = await tx.query<LeaseRow>(
      `UPDATE eventlog.group_partition SET expires = clock_timestamp() + $4 * interval '1 ms'
       WHERE group_name = $1 AND topic_id = $2 AND owner = $3
       RETURNING partition, epoch, next, append_time`,
      [group, topic.id, member, leaseMs],
    )
    return rows.map(row => toLease(topic, row))
  }

  /** Partitions divided by living members; who gets one of the rest is turned by topic, so that not always the same does. */
  async function shareOf(tx: Queryable, topic: PostgresTopic): Promise<number> {
    const members = await tx.query<{ member: string }>(
      `SELECT member FROM eventlog.group_member
       WHERE group_name = $1 AND topic_id = $2 AND expires > clock_timestamp() ORDER BY member`,
      [group, topic.id],
    )
    const rank = (members.findIndex(one => one.member === member) + topic.id) % members.length
    return Math.floor(topic.partitions / members.length) + (rank < topic.partitions % members.length ? 1 : 0)
  }

  async function claim(tx: Queryable, topic: PostgresTopic, count: number): Promise<Lease[]> {
    const rows = await tx.query<LeaseRow>(
      `UPDATE eventlog.group_partition g
       SET owner = $3, epoch = g.epoch + 1, expires = clock_timestamp() + $4 * interval '1 ms'
       FROM (
         SELECT partition FROM eventlog.group_partition
         WHERE group_name = $1 AND topic_id = $2 AND (owner IS NULL OR expires < clock_timestamp())
         ORDER BY partition LIMIT $5 FOR UPDATE SKIP LOCKED
       ) free
       WHERE g.group_name = $1 AND g.topic_id = $2 AND g.partition = free.partition
       RETURNING g.partition, g.epoch, g.next, g.append_time`,
      [group, topic.id, member, leaseMs, count],
    )
    return rows.map(row => toLease(topic, row))
  }

  return {
    beat,

    /** Makes the group's rows where they are missing; members that are long gone are swept out. */
    async enter(topic: PostgresTopic): Promise<void> {
      await postgres.execute(
        `INSERT INTO eventlog.group_partition (group_name, topic_id, partition)
         SELECT $1, topic_id, partition FROM eventlog.log_partition WHERE topic_id = $2 ON CONFLICT DO NOTHING`,
        [group, topic.id],
      )
      await postgres.execute(
        `DELETE FROM eventlog.group_member
         WHERE group_name = $1 AND topic_id = $2 AND expires < clock_timestamp() - interval '1 hour'`,
        [group, topic.id],
      )
    },

    /** False when the lease has gone to another member; the offset only grows. */
    async commit({ topic, partition, epoch }: Lease, last: LogRecord): Promise<boolean> {
      const rows = await postgres.execute(
        `UPDATE eventlog.group_partition
         SET next = greatest(next, $6), append_time = greatest(append_time, $7), committed = true
         WHERE group_name = $1 AND topic_id = $2 AND partition = $3 AND owner = $4 AND epoch = $5`,
        [group, topic.id, partition, member, String(epoch), String(last.offset + 1n), last.appendTime],
        { name: 'eventlog-commit' },
      )
      return rows === 1
    },

    async release({ topic, partition, epoch }: Lease): Promise<void> {
      await postgres.execute(
        `UPDATE eventlog.group_partition SET owner = NULL, expires = NULL
         WHERE group_name = $1 AND topic_id = $2 AND partition = $3 AND owner = $4 AND epoch = $5`,
        [group, topic.id, partition, member, String(epoch)],
      )
    },

    async leave(topic: PostgresTopic): Promise<void> {
      await postgres.execute(
        'DELETE FROM eventlog.group_member WHERE group_name = $1 AND topic_id = $2 AND member = $3',
        [group, topic.id, member],
      )
    },
  }
}

export type Membership = ReturnType<typeof createMembership>

interface LeaseRow {
  partition: number
  epoch: number | bigint
  next: number | bigint
  append_time: number
}

function toLease(topic: PostgresTopic, row: LeaseRow): Lease {
  return {
    topic,
    partition: row.partition,
    epoch: row.epoch,
    next: BigInt(row.next),
    appendTime: row.append_time,
  }
}

/** How far the group is behind; what retention has dropped is not counted. */
export async function readLag(
  postgres: Queryable,
  group: string,
  topic: PostgresTopic,
): Promise<PartitionLag[]> {
  const ends = await readEnds(postgres, topic)
  const rows = await postgres.query<{ partition: number; next: number | bigint }>(
    'SELECT partition, next FROM eventlog.group_partition WHERE group_name = $1 AND topic_id = $2 AND committed',
    [group, topic.id],
  )
  const committed = new Map(rows.map(({ partition, next }) => [partition, BigInt(next)]))
  return ends.map(({ partition, first, next }) => {
    const reached = committed.get(partition) ?? first
    return { partition, records: next - (reached > first ? reached : first) }
  })
}
