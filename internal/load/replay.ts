import { setTimeout as sleep } from 'node:timers/promises'
import { Unavailable } from '#internal/errors/errors.ts'
import { endOffsets, uncommittedBefore } from '#internal/eventlog/progress.ts'
import { deadLetterTopic } from '#internal/eventlog/topics.ts'
import { deadLetterHeaders, fromDeadLetter } from './dead-letters.ts'
import { isReadable } from './readable.ts'
import type { EventLog, LogRecord, NewRecord } from '#internal/eventlog/log.ts'

export const replayGroup = 'vitrine-dead-letter-replay'

const lookEveryMs = 100

export interface ReplayCounts {
  /** Went back to the topic that they came from. */
  readonly replayed: number
  /** Still can't be understood; they stay in the dead-letter topic. */
  readonly left: number
}

export interface ReplayOptions {
  readonly log: EventLog
  /** Told after each batch. */
  readonly onProgress?: (counts: ReplayCounts) => void
  readonly signal?: AbortSignal
  /** Remembers how far a replay got: with a name of its own, everything kept is looked at again. */
  readonly group?: string
  /** Without progress for so long the replay is given up. Default 60 s. */
  readonly idleLimitMs?: number
}

/**
 * Gives dead letters that can be understood by now back to the loader, in their original bytes, up to the end of
 * the topic as it is at the start. Each is looked at once per group, so a second run finds only what came since;
 * a replay that was cut may repeat some, which changes nothing. Rejects with `Unavailable` when nothing moves.
 */
export async function replayDeadLetters(options: ReplayOptions): Promise<ReplayCounts> {
  const { log, onProgress, signal, group = replayGroup, idleLimitMs = 60_000 } = options
  const counts = { replayed: 0, left: 0 }
  const offsets = await endOffsets(log, deadLetterTopic)
  const remaining = () => uncommittedBefore(log, { group, topic: deadLetterTopic, offsets })
  if ((await remaining()) === 0n) return counts

  const handle = async (records: readonly LogRecord[]) => {
    const back = records.flatMap(asReplayed)
    for (const { topic, record } of back) await log.append(topic, [record])
    counts.replayed += back.length
    counts.left += records.length - back.length
    onProgress?.({ ...counts })
  }
  await using _subscription = log.consume(group, [deadLetterTopic], handle)
  await untilDone(remaining, { idleLimitMs, ...(signal && { signal }) })
  return counts
}

function asReplayed(letter: LogRecord): { topic: string; record: NewRecord }[] {
  const topic = letter.headers[deadLetterHeaders.topic]
  if (topic === undefined || !isReadable(topic, letter)) return []
  return [{ topic, record: fromDeadLetter(letter) }]
}

async function untilDone(
  ask: () => Promise<bigint>,
  { idleLimitMs, signal }: { idleLimitMs: number; signal?: AbortSignal },
): Promise<void> {
  let last: bigint | null = null
  let movedAt = performance.now()
  while (true) {
    signal?.throwIfAborted()
    const left = await ask().catch((error: unknown) => {
      if (error instanceof Unavailable) return last
      throw error
    })
    if (left === 0n) return
    if (left !== last) movedAt = performance.now()
    last = left
    if (performance.now() - movedAt > idleLimitMs) {
      throw new Unavailable(
        'No dead letter could be replayed for a while; the event log may be away. Run it again.',
      )
    }
    await sleep(lookEveryMs)
  }
}
