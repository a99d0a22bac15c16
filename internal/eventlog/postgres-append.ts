import { createRoundRobin, partitionOf } from './partitioner.ts'
import type { Queryable } from '#internal/postgres/client.ts'
import type { Slice } from './append-queue.ts'
import type { Appended, NewRecord } from './log.ts'
import type { PostgresTopic } from './postgres-topics.ts'

/** Records of one partition in one flush, and where each came from. */
interface Group {
  readonly topicId: number
  readonly partition: number
  readonly records: NewRecord[]
  readonly origins: { slice: number; at: number }[]
}

const bySortedPlace = (a: Group, b: Group) => a.topicId - b.topicId || a.partition - b.partition

/** Appends the slices in one statement, so in one transaction and one round trip. */
export function createPostgresAppend(postgres: Queryable, topicOf: (name: string) => PostgresTopic) {
  const nextOf = createRoundRobin()

  function gather(slices: readonly Slice[]): Group[] {
    const groups = new Map<string, Group>()
    slices.forEach(({ topic, records }, slice) => {
      const { id, partitions } = topicOf(topic)
      records.forEach((record, at) => {
        const partition = record.key === null ? nextOf(partitions) : partitionOf(record.key, partitions)
        const name = `${id}/${partition}`
        let group = groups.get(name)
        if (!group) groups.set(name, (group = { topicId: id, partition, records: [], origins: [] }))
        group.records.push(record)
        group.origins.push({ slice, at })
      })
    })
    return [...groups.values()].toSorted(bySortedPlace)
  }

  return async (slices: readonly Slice[]): Promise<Appended[][]> => {
    const groups = gather(slices)
    const rows = await postgres.query<{ base: number | bigint; append_time: number }>(
      'SELECT base, append_time FROM eventlog.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)',
      pack(groups),
      { name: 'eventlog-append' },
    )
    const places = slices.map(() => [] as Appended[])
    groups.forEach(({ partition, origins }, index) => {
      const { base, append_time: appendTime } = rows[index] as (typeof rows)[number]
      let offset = BigInt(base)
      for (const { slice, at } of origins)
        (places[slice] as Appended[])[at] = { partition, offset: offset++, appendTime }
    })
    return places
  }
}

/** The arguments of `eventlog.append`: all bytes in one value, which travels in binary, and numbers that find them. */
function pack(groups: readonly Group[]): unknown[] {
  const pieces: Buffer[] = []
  const columns = { groups: [], places: [], starts: [], keys: [], values: [], headers: [] } as Record<
    string,
    number[]
  >
  let start = 1
  groups.forEach(({ records }, group) => {
    records.forEach((record, place) => {
      const key = record.key === null ? null : Buffer.from(record.key)
      const headers = Buffer.from(JSON.stringify(record.headers))
      if (key !== null) pieces.push(key)
      if (record.value !== null) pieces.push(record.value)
      pieces.push(headers)
      columns['groups']?.push(group + 1)
      columns['places']?.push(place)
      columns['starts']?.push(start)
      columns['keys']?.push(key?.length ?? -1)
      columns['values']?.push(record.value?.length ?? -1)
      columns['headers']?.push(headers.length)
      start += (key?.length ?? 0) + (record.value?.length ?? 0) + headers.length
    })
  })
  return [
    array(groups.map(({ topicId }) => topicId)),
    array(groups.map(({ partition }) => partition)),
    array(groups.map(({ records }) => records.length)),
    ...Object.values(columns).map(array),
    Buffer.concat(pieces),
  ]
}

const array = (numbers: readonly number[]) => `{${numbers.join(',')}}`
