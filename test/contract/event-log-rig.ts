import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BatchHandler, EventLog, LogRecord, NewRecord } from '#internal/eventlog/log.ts'

export interface LogUnderTest {
  /** Another process's view of the same log, with an append buffer of at most so many records. */
  open(options?: { maxRecords?: number }): EventLog
  close(): Promise<void>
}

export const mebibyte = 1024 * 1024

export function record(
  key: string | null,
  value: string | Buffer | null,
  headers: Record<string, string> = {},
): NewRecord {
  return { key, value: typeof value === 'string' ? Buffer.from(value) : value, headers }
}

/** Asks until the condition holds; the limit only keeps a failing test from waiting for ever. */
export async function eventually(condition: () => Promise<boolean> | boolean, what: string): Promise<void> {
  const limit = Date.now() + 30_000
  while (!(await condition())) {
    if (Date.now() > limit) throw new Error(`did not happen: ${what}`)
    await sleep(25)
  }
}

export const valuesOf = (records: readonly LogRecord[]) => records.map(({ value }) => String(value))
export const numbers = (count: number) => Array.from({ length: count }, (_, at) => String(at))

/** What the parts of the contract use of a log under test. */
export interface LogRig {
  readonly log: EventLog
  /** Another process's view of the same log; dispose of it by `use`. */
  readonly open: (options?: { maxRecords?: number }) => EventLog
  /** Disposes of it after the test. */
  readonly use: <T extends AsyncDisposable>(one: T) => T
  /** Makes a topic of its own. */
  readonly topic: (partitions?: number, maxRecordBytes?: number) => Promise<string>
  readonly collect: () => { seen: LogRecord[]; handle: BatchHandler }
  /** Records that the group has not committed yet. */
  readonly behind: (group: string, topicName: string) => Promise<bigint>
}

/** Starts the log before the tests of this suite, or says loudly why they are skipped. */
export function prepareLog(start: () => Promise<LogUnderTest | { skip: string }>): LogRig {
  let log: EventLog
  let underTest: LogUnderTest
  const opened: AsyncDisposable[] = []

  before(async function () {
    const started = await start()
    if ('skip' in started) {
      process.stdout.write(`    SKIPPED: ${started.skip}\n`)
      return this.skip()
    }
    underTest = started
    log = underTest.open()
  })
  afterEach(async () => {
    for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]()
  })
  after(async () => {
    await log?.[Symbol.asyncDispose]()
    await underTest?.close()
  })

  return {
    get log() {
      return log
    },
    open: options => underTest.open(options),
    use(one) {
      opened.push(one)
      return one
    },
    async topic(partitions = 4, maxRecordBytes = mebibyte) {
      const topicName = `t-${randomUUID()}`
      await log.ensureTopics([{ name: topicName, partitions, retentionMs: 86_400_000, maxRecordBytes }])
      return topicName
    },
    collect() {
      const seen: LogRecord[] = []
      return { seen, handle: async records => void seen.push(...records) }
    },
    async behind(group, topicName) {
      return (await log.lag(group, topicName)).reduce((sum, { records }) => sum + records, 0n)
    },
  }
}
