import { Unavailable } from '#internal/errors/errors.ts'
import { backOff } from './back-off.ts'
import { deliver } from './delivery.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Gate } from './delivery.ts'
import type { BatchHandler, LogRecord } from './log.ts'
import type { Lifetime } from './subscription.ts'

/** One partition as a worker sees it. */
export interface PartitionSource {
  /** Records from an offset on, in order; empty when there are none yet. */
  fetch(from: bigint, limit: number): Promise<readonly LogRecord[]>
  /** Resolves when there may be a record at or after the offset, or when the signal ends. */
  more(from: bigint, signal: AbortSignal): Promise<void>
  /** Notes that all up to the last of these records is done; false when the partition belongs to someone else now. */
  commit(last: LogRecord): Promise<boolean>
}

export interface PartitionWork {
  readonly source: PartitionSource
  readonly from: bigint
  readonly handle: BatchHandler
  readonly maxBatch: number
  readonly gate: Gate
  readonly lifetime: Lifetime
  /** Ends when the partition is to be given up: no new work; what is in hand may finish. */
  readonly leaving: AbortSignal
  /** Ends when the partition is lost: what is in hand is for nothing. */
  readonly lost: AbortSignal
  readonly logger: Logger
  /** Told after each answer of the log, and after each failure to get one. */
  readonly onSign: (alive: boolean) => void
}

/** Fetch, handle, commit, again and again, until the subscription stops or the partition goes. Never rejects. */
export async function workPartition(work: PartitionWork): Promise<void> {
  const { source, handle, maxBatch, gate, lifetime, logger } = work
  const ending = AbortSignal.any([lifetime.stopping, work.leaving, work.lost])
  const signal = AbortSignal.any([lifetime.cut, work.lost])
  let position = work.from
  while (!ending.aborted) {
    const records = await untilAnswered(() => source.fetch(position, maxBatch), ending, work)
    if (records === null) return
    const last = records.at(-1)
    if (last === undefined) {
      await source.more(position, ending)
      continue
    }
    const done = await gate.pass(async () => {
      if (ending.aborted) return false
      if (!(await deliver(records, handle, { signal, stopping: ending, logger }))) return false
      return await untilAnswered(() => source.commit(last), signal, work)
    })
    if (!done) return
    position = last.offset + 1n
  }
}

/** The log's answer, however long it is away; `null` when the signal ends first. */
async function untilAnswered<T>(
  ask: () => Promise<T>,
  signal: AbortSignal,
  { onSign, logger }: Pick<PartitionWork, 'onSign' | 'logger'>,
): Promise<T | null> {
  const delays = backOff()
  while (true) {
    try {
      const answer = await ask()
      onSign(true)
      return answer
    } catch (error) {
      onSign(false)
      if (!(error instanceof Unavailable))
        logger.warn({ error }, 'the log answered with an error; asking again')
      if (signal.aborted) return null
      await delays.wait(signal)
      if (signal.aborted) return null
    }
  }
}
