import { setTimeout as sleep } from 'node:timers/promises'
import { backOff } from './back-off.ts'
import { graceMs } from './subscription.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { BatchHandler, LogRecord } from './log.ts'

/**
 * Hands records to the handler until it succeeds, with a back-off in between. False when that did not happen before
 * the subscription stopped or `signal` (the partition went to another member, or the work is cut) ended.
 */
export async function deliver(
  records: readonly LogRecord[],
  handle: BatchHandler,
  { signal, stopping, logger }: { signal: AbortSignal; stopping: AbortSignal; logger: Logger },
): Promise<boolean> {
  const delays = backOff()
  const first = records[0] as LogRecord
  const where = {
    topic: first.topic,
    partition: first.partition,
    offset: String(first.offset),
    records: records.length,
  }
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      await unlessAbandoned(handle(records, signal), signal)
      if (failures > 0) logger.info({ ...where, failures }, 'records handled after failures')
      return true
    } catch (error) {
      if (signal.aborted || stopping.aborted) return false
      if (failures === 0) logger.warn({ ...where, error }, 'handling records failed; they are tried again')
    }
    await delays.wait(AbortSignal.any([signal, stopping]))
    if (stopping.aborted) return false
  }
  return false
}

/** Waits for the work; once the signal ended, only for the grace time: a handler that ignores it must not hold a shutdown. */
async function unlessAbandoned(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const finished = new AbortController()
  const abandoned = async () => {
    await aborted(signal, finished.signal)
    await sleep(graceMs, undefined, { signal: finished.signal, ref: false })
    throw new Error(`the handler did not stop within ${graceMs} ms after its signal ended`)
  }
  try {
    await Promise.race([work, abandoned()])
  } finally {
    finished.abort()
  }
}

function aborted(signal: AbortSignal, giveUp: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return resolve()
    const end = () => {
      giveUp.removeEventListener('abort', cancel)
      resolve()
    }
    const cancel = () => {
      signal.removeEventListener('abort', end)
      reject(new Error('no longer of interest'))
    }
    signal.addEventListener('abort', end, { once: true })
    giveUp.addEventListener('abort', cancel, { once: true })
  })
}

/** Lets at most so many work at once; the others wait in turn. */
export interface Gate {
  pass<T>(work: () => Promise<T>): Promise<T>
}

export function createGate(places: number): Gate {
  let free = places
  const waiting: (() => void)[] = []
  return {
    async pass(work) {
      if (free > 0) free--
      else await new Promise<void>(resolve => waiting.push(resolve))
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next) next()
        else free++
      }
    },
  }
}
