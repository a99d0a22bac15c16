import { Unavailable } from '#internal/errors/errors.ts'
import { backOff } from '#internal/eventlog/back-off.ts'
import { endOffsets, uncommittedBefore } from '#internal/eventlog/progress.ts'
import type { EventLog } from '#internal/eventlog/log.ts'

/**
 * Resolves when a group has committed all that is in the topic at the time of the call, however long that takes;
 * rejects with the signal's reason when that ends first, and with `Unavailable` when the log is away at the start.
 */
export async function untilCommitted(
  log: Pick<EventLog, 'ends' | 'lag'>,
  group: string,
  topic: string,
  signal: AbortSignal,
): Promise<void> {
  const offsets = await endOffsets(log, topic)
  const delays = backOff({ firstMs: 10, maxMs: 500 })
  while (!(await isCommitted())) {
    await delays.wait(signal)
    signal.throwIfAborted()
  }

  async function isCommitted(): Promise<boolean> {
    try {
      return (await uncommittedBefore(log, { group, topic, offsets })) === 0n
    } catch (error) {
      if (error instanceof Unavailable) return false
      throw error
    }
  }
}
