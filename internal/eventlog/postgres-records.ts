import type { Queryable } from '#internal/postgres/client.ts'
import type { LogRecord, PartitionEnds, ReadFrom } from './log.ts'
import type { PostgresTopic } from './postgres-topics.ts'

interface Row {
  log_offset: number | bigint
  append_time: number
  key: Buffer | null
  value: Buffer | null
  headers: Record<string, string>
}

/** How large an answer may get, about: a fetch of many large records comes in parts. */
const fetchBytes = 8 * 1024 * 1024

/** Reads one partition onwards. Times never go back within it, so the last one read bounds where the index is entered. */
export function createFetch(postgres: Queryable, topic: PostgresTopic, partition: number, startTime: number) {
  let reachedTime = startTime
  let averageBytes = 1_024

  return async (from: bigint, limit: number): Promise<LogRecord[]> => {
    const rows = await postgres.query<Row>(
      `SELECT log_offset, append_time, key, value, headers FROM eventlog.record
       WHERE topic_id = $1 AND partition = $2 AND append_time >= $3 AND log_offset >= $4
       ORDER BY append_time, log_offset LIMIT $5`,
      [
        topic.id,
        partition,
        reachedTime,
        String(from),
        Math.max(1, Math.min(limit, Math.floor(fetchBytes / averageBytes))),
      ],
      { name: 'eventlog-fetch' },
    )
    const last = rows.at(-1)
    if (last) {
      reachedTime = last.append_time
      averageBytes = Math.max(1, rows.reduce((sum, { value }) => sum + (value?.length ?? 0), 0) / rows.length)
    }
    return rows.map(row => ({
      topic: topic.spec.name,
      partition,
      offset: BigInt(row.log_offset),
      appendTime: row.append_time,
      key: row.key === null ? null : row.key.toString(),
      value: row.value,
      headers: row.headers,
    }))
  }
}

export async function readEnds(postgres: Queryable, topic: PostgresTopic): Promise<PartitionEnds[]> {
  const rows = await postgres.query<{ partition: number; first: number | bigint; next: number | bigint }>(
    `SELECT p.partition, coalesce(r.log_offset, p.next) AS first, p.next
     FROM eventlog.log_partition p
     LEFT JOIN LATERAL (
       SELECT log_offset FROM eventlog.record
       WHERE topic_id = p.topic_id AND partition = p.partition ORDER BY append_time, log_offset LIMIT 1
     ) r ON true
     WHERE p.topic_id = $1 ORDER BY p.partition`,
    [topic.id],
  )
  return rows.map(({ partition, first, next }) => ({ partition, first: BigInt(first), next: BigInt(next) }))
}

/** Where a reader starts, by partition. */
export async function startOffsets(
  postgres: Queryable,
  topic: PostgresTopic,
  from: ReadFrom,
): Promise<Map<number, bigint>> {
  switch (from.at) {
    case 'beginning':
      return new Map()
    case 'offsets':
      return new Map(from.offsets)
    case 'end':
      return new Map((await readEnds(postgres, topic)).map(({ partition, next }) => [partition, next]))
    case 'time': {
      const rows = await postgres.query<{ partition: number; start: number | bigint }>(
        `SELECT p.partition, coalesce(r.log_offset, p.next) AS start
         FROM eventlog.log_partition p
         LEFT JOIN LATERAL (
           SELECT log_offset FROM eventlog.record
           WHERE topic_id = p.topic_id AND partition = p.partition AND append_time >= $2
           ORDER BY append_time, log_offset LIMIT 1
         ) r ON true
         WHERE p.topic_id = $1`,
        [topic.id, Math.trunc(from.appendTime)],
      )
      return new Map(rows.map(({ partition, start }) => [partition, BigInt(start)]))
    }
  }
}
