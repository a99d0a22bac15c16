import type { EventLog } from './log.ts'

/** Offsets by partition. */
export type Offsets = ReadonlyMap<number, bigint>

/** The offsets that the topic's next records get: all that is in it now lies before them. */
export async function endOffsets(log: Pick<EventLog, 'ends'>, topic: string): Promise<Offsets> {
  return new Map((await log.ends(topic)).map(({ partition, next }) => [partition, next]))
}

/**
 * How many records before these offsets the group has not committed; partitions that are not named count nothing.
 * While records are appended it may tell too many, but never too few.
 */
export async function uncommittedBefore(
  log: Pick<EventLog, 'ends' | 'lag'>,
  { group, topic, offsets }: { group: string; topic: string; offsets: Offsets },
): Promise<bigint> {
  const ends = await endOffsets(log, topic)
  // Asked after the ends: what is appended in between then counts as not committed.
  const lags = await log.lag(group, topic)
  return lags.reduce((sum, { partition, records }) => {
    const after = (ends.get(partition) ?? 0n) - (offsets.get(partition) ?? 0n)
    return records > after ? sum + records - after : sum
  }, 0n)
}
