import { viewsAtOnce } from './intake.ts'
import { splitLines } from './lines.ts'
import type { ProductView } from '#internal/domain/product-view.ts'
import type { Intake } from './intake.ts'

export interface LineError {
  readonly line: number
  readonly reason: string
  readonly field: string
  readonly message: string
}

/** What became of a stream of views. */
export interface StreamCounts {
  lines: number
  accepted: number
  refused: number
  readonly reasons: Record<string, number>
  /** The first refusals, by line. */
  readonly errors: LineError[]
}

const batchesInFlight = 4
const errorsTold = 20

/**
 * Takes a stream of NDJSON, however long, in constant memory: it is read no faster than the log takes it. Counts what
 * is durable in `counts`, also when it rejects half-way with `Unavailable`.
 */
export async function takeStream(
  chunks: AsyncIterable<Buffer>,
  intake: Intake,
  counts: StreamCounts,
): Promise<void> {
  const inFlight = new Set<Promise<void>>()
  let failure: unknown
  let batch: ProductView[] = []

  async function flush(): Promise<void> {
    const views = batch
    batch = []
    const appended = intake.append(views).then(
      () => {
        counts.accepted += views.length
      },
      (error: unknown) => {
        failure ??= error
      },
    )
    inFlight.add(appended)
    void appended.then(() => inFlight.delete(appended))
    if (inFlight.size >= batchesInFlight) await Promise.race(inFlight)
  }

  try {
    for await (const { number, bytes } of splitLines(chunks)) {
      counts.lines += 1
      const verdict = bytes === null ? intake.refuseLongLine() : intake.checkBytes(bytes)
      if (verdict.ok) batch.push(verdict.view)
      else {
        counts.refused += 1
        counts.reasons[verdict.reason] = (counts.reasons[verdict.reason] ?? 0) + 1
        if (counts.errors.length < errorsTold) {
          counts.errors.push({
            line: number,
            reason: verdict.reason,
            field: verdict.field,
            message: verdict.message,
          })
        }
      }
      if (batch.length >= viewsAtOnce) await flush()
      if (failure !== undefined) break
    }
  } finally {
    // Also when the client has gone: a line that got its verdict goes the way of the verdict.
    if (batch.length > 0) await flush()
    await Promise.all(inFlight)
  }
  if (failure !== undefined) throw failure
}
