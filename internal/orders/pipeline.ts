import { SpanStatusCode, trace } from '@opentelemetry/api'
import { idForm, isId } from '#internal/domain/id.ts'
import type { ShopSnapshot } from './shop-database.ts'
import type { OrdersWriter, PublishedSet, ScheduleState, Version } from './store.ts'

/** Told while a run works. */
export interface RunProgress {
  readonly phase: string
  readonly rows: number
}

/** What one run is given. */
export interface Work {
  readonly store: OrdersWriter
  readonly version: Version
  readonly state: ScheduleState | null
  readonly full: boolean
  readonly windowMs: number
  readonly timeZone: string
  readonly tell: (progress: RunProgress) => void
  /** Throws when the run must end: the lease was lost, or somebody asked. */
  readonly check: () => void
  /** Told of each row that is left out because its ids can't be kept. */
  readonly leaveOut: () => void
}

export interface Done {
  readonly rowsRead: number
  readonly rowsWritten: number
  readonly rowsDeleted: number
  /** Epoch milliseconds. */
  readonly watermark: number
  /** Written whole under the run's version; published when all is done. */
  readonly sets: readonly PublishedSet[]
}

/** Looks where the shop has one part of its data: what its own `query` gives, or its tables. */
export type Pipeline = (shop: ShopSnapshot, query: string | null) => Promise<Copying>

/** Copies what was found. */
export interface Copying {
  /** Rows of the source that the guard compares from run to run. */
  count(windowMs: number): Promise<number>
  run(work: Work): Promise<Done>
}

/** Does one phase of a run within a span of its own. */
export async function inPhase<T>(phase: string, work: () => Promise<T>): Promise<T> {
  return trace.getTracer('vitrine.etl').startActiveSpan(`etl ${phase}`, async span => {
    try {
      return await work()
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR })
      throw error
    } finally {
      span.end()
    }
  })
}

/** Can a row with this id be kept? A shop may have others, such as an empty user of orders without an account. */
export function isGood(id: string | null): id is string {
  return id !== null && isId(id)
}

/** What a report says of rows that were left out; empty when there are none. */
export function leftOutMessage(rows: number): string {
  return rows === 0 ? '' : `${rows} rows were left out: their ids are not ${idForm}`
}

/** Passes a stream on, tells how far it is, and ends it when the run must end. */
export async function* counted<T>(
  work: Pick<Work, 'tell' | 'check'>,
  phase: string,
  rows: AsyncIterable<T>,
): AsyncGenerator<T> {
  let count = 0
  for await (const row of rows) {
    count += 1
    if (count % 1_000 === 0) {
      work.check()
      work.tell({ phase, rows: count })
    }
    yield row
  }
  work.check()
  work.tell({ phase, rows: count })
}
