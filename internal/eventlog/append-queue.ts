import { Unavailable } from '#internal/errors/errors.ts'
import { backOff } from './back-off.ts'
import type { Appended, NewRecord } from './log.ts'

/** Records of one caller for one topic, in order. */
export interface Slice {
  readonly topic: string
  readonly records: readonly NewRecord[]
}

/** Where a slice's records stand, or why the log will never take them. */
export type FlushResult = readonly Appended[] | Error

/** Makes all slices durable, with one result for each; rejects with `Unavailable` when another try makes sense. */
export type Flush = (slices: readonly Slice[]) => Promise<readonly FlushResult[]>

export interface AppendLimits {
  /** Records and bytes that may wait or be on their way; what goes beyond is refused at once. */
  readonly maxRecords: number
  readonly maxBytes: number
  /** Records and bytes of one flush; a single larger record travels alone. */
  readonly maxFlushRecords: number
  readonly maxFlushBytes: number
  /** How long one append may take in all. */
  readonly timeLimitMs: number
}

export const defaultAppendLimits: AppendLimits = {
  maxRecords: 100_000,
  maxBytes: 64 * 1024 * 1024,
  maxFlushRecords: 5_000,
  maxFlushBytes: 900_000,
  timeLimitMs: 10_000,
}

export interface AppendQueue extends AsyncDisposable {
  append(topic: string, records: readonly NewRecord[]): Promise<Appended[]>
}

interface Entry {
  readonly topic: string
  readonly records: readonly NewRecord[]
  readonly sizes: readonly number[]
  readonly bytes: number
  readonly appended: Appended[]
  /** Records already handed to a flush. */
  taken: number
  settled: boolean
  settle(error: unknown): void
}

/**
 * Gathers what callers append while the last flush is on its way, and sends it with the next: one flush at a time,
 * so records keep the order of the calls. While the log is away it tries again, with a back-off, until each
 * caller's time limit.
 */
export function createAppendQueue(flush: Flush, limits: AppendLimits = defaultAppendLimits): AppendQueue {
  let waiting: Entry[] = []
  let heldRecords = 0
  let heldBytes = 0
  let running: Promise<void> | null = null
  let closed = false

  function append(topic: string, records: readonly NewRecord[]): Promise<Appended[]> {
    if (records.length === 0) return Promise.resolve([])
    if (closed) return Promise.reject(new Unavailable('The log is closed: the process is shutting down'))
    const sizes = records.map(sizeOf)
    const bytes = sizes.reduce((sum, size) => sum + size, 0)
    if (isFull(records.length, bytes)) {
      return Promise.reject(
        new Unavailable(
          `The append buffer is full: ${heldRecords} records (${heldBytes} bytes) wait for the log; try again later`,
          { retryAfterSeconds: 1 },
        ),
      )
    }
    return new Promise((resolve, reject) => {
      heldRecords += records.length
      heldBytes += bytes
      const entry: Entry = { topic, records, sizes, bytes, appended: [], taken: 0, settled: false, settle }
      const timer = setTimeout(() => settle(tookTooLong(limits.timeLimitMs)), limits.timeLimitMs)
      function settle(error: unknown) {
        if (entry.settled) return
        entry.settled = true
        clearTimeout(timer)
        heldRecords -= records.length
        heldBytes -= bytes
        if (error === null) resolve(entry.appended)
        else reject(error as Error)
      }
      waiting.push(entry)
      running ??= run()
    })
  }

  /** An append larger than the whole buffer is let in when nothing else waits: it could never pass otherwise. */
  function isFull(records: number, bytes: number): boolean {
    if (heldRecords === 0) return false
    return heldRecords + records > limits.maxRecords || heldBytes + bytes > limits.maxBytes
  }

  async function run(): Promise<void> {
    // Let the callers of this turn of the event loop come along.
    await new Promise(setImmediate)
    const delays = backOff()
    while (true) {
      waiting = waiting.filter(entry => !entry.settled)
      if (waiting.length === 0) break
      const batch = take()
      try {
        const results = await flush(batch.map(({ entry, from, to }) => slice(entry, from, to)))
        batch.forEach(({ entry, from, to }, at) => arrived(entry, to - from, results[at]))
        delays.reset()
      } catch (error) {
        if (error instanceof Unavailable) {
          for (const { entry, from } of batch) entry.taken = Math.min(entry.taken, from)
          await delays.wait()
        } else {
          for (const { entry } of batch) entry.settle(error)
        }
      }
    }
    running = null
  }

  /** The next flush: the waiting records from the oldest on, up to the limits; at least one. */
  function take(): { entry: Entry; from: number; to: number }[] {
    const batch: { entry: Entry; from: number; to: number }[] = []
    let records = 0
    let bytes = 0
    for (const entry of waiting) {
      const from = entry.taken
      let to = from
      while (to < entry.records.length && records < limits.maxFlushRecords) {
        const size = entry.sizes[to] as number
        if (records > 0 && bytes + size > limits.maxFlushBytes) break
        records++
        bytes += size
        to++
      }
      if (to > from) batch.push({ entry, from, to })
      entry.taken = to
      if (to < entry.records.length) break
    }
    return batch
  }

  return {
    append,
    async [Symbol.asyncDispose]() {
      closed = true
      await running
    },
  }
}

function slice(entry: Entry, from: number, to: number): Slice {
  const whole = from === 0 && to === entry.records.length
  return { topic: entry.topic, records: whole ? entry.records : entry.records.slice(from, to) }
}

/** A result that leaves records out would leave its caller waiting: where these are, nobody can tell. */
function arrived(entry: Entry, sent: number, result: FlushResult | undefined): void {
  if (result instanceof Error) {
    entry.settle(result)
    return
  }
  if (result?.length !== sent) {
    entry.settle(new Error(`The log was given ${sent} records and told of ${result?.length ?? 0}`))
    return
  }
  for (const one of result) entry.appended.push(one)
  if (entry.appended.length === entry.records.length) entry.settle(null)
}

function tookTooLong(timeLimitMs: number): Unavailable {
  return new Unavailable(
    `The log did not acknowledge the records within ${timeLimitMs} ms; they may be in it or not: send them again`,
    { retryAfterSeconds: 1 },
  )
}

/** What a record takes in the log, about. Bytes. */
export function sizeOf(record: NewRecord): number {
  let size = 70 + (record.value?.length ?? 0) + (record.key?.length ?? 0)
  for (const name in record.headers) size += name.length + (record.headers[name] as string).length + 4
  return size
}
