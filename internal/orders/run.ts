import { createHash, randomUUID } from 'node:crypto'
import { isSpanContextValid, SpanStatusCode, trace } from '@opentelemetry/api'
import { Conflict, Misconfigured, VitrineError } from '#internal/errors/errors.ts'
import { holdLease } from '#internal/leases/hold.ts'
import { describeServer } from '#internal/postgres/server.ts'
import { ordersPipeline } from './orders-pipeline.ts'
import { leftOutMessage } from './pipeline.ts'
import { productsPipeline } from './products-pipeline.ts'
import { withSnapshot } from './shop-database.ts'
import type { Lease } from '#internal/leases/leases.ts'
import type { Postgres } from '#internal/postgres/client.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Done, Pipeline, RunProgress } from './pipeline.ts'
import type { ShopSnapshot } from './shop-database.ts'
import type { OrdersStore, RunReport, ScheduleState } from './store.ts'

const leaseMs = 60_000
const pipelines: Record<RunReport['pipeline'], Pipeline> = {
  orders: ordersPipeline,
  products: productsPipeline,
}

export interface RunOptions {
  readonly pipeline: RunReport['pipeline']
  /** Under this name the watermark is kept. */
  readonly schedule: string
  /** Tells this run from others that want the same lease. */
  readonly holder: string
  readonly source: Postgres
  /** Only a hash of its host and database is kept: another source starts from nothing. */
  readonly sourceUrl: string
  readonly store: OrdersStore
  readonly now: () => number
  readonly timeZone: string
  readonly windowMs: number
  readonly fullEveryMs: number
  /** The shop's own SQL in the place of its tables: a row per order line, or per product. */
  readonly query: string | null
  readonly guard: { readonly minRows: number; readonly maxDropPercent: number }
  /** Lets a run through that the guard would refuse; its report says so. */
  readonly overrideGuard: boolean
  readonly onProgress: (progress: RunProgress) => void
  readonly logger: Logger
  readonly signal: AbortSignal
}

type Outcome = Pick<RunReport, 'result' | 'mode' | 'message' | 'retryable'> &
  Partial<Pick<RunReport, 'rowsRead' | 'rowsWritten' | 'rowsDeleted' | 'watermark'>>

/**
 * One run of a pipeline, ending in a report whatever happens: `Skipped` while another one runs, `Refused` when the guard
 * finds it suspicious, `Failed` with the reason. Readers see all of a run or nothing of it.
 */
export async function runPipeline(options: RunOptions): Promise<RunReport> {
  const { pipeline, schedule, store, now, logger } = options
  const startedAt = now()
  logger.info({ pipeline, schedule }, 'a run begins')
  const tracer = trace.getTracer('vitrine.etl')
  const attributes = { 'vitrine.etl.pipeline': pipeline, 'vitrine.etl.schedule': schedule }
  return tracer.startActiveSpan(`etl ${pipeline}`, { attributes }, async span => {
    const spanContext = span.spanContext()
    const outcome = await underLease(options).catch((error: unknown) =>
      failed(error, modeUntold(pipeline), logger),
    )
    const finishedAt = now()
    const report: RunReport = {
      run: `${pipeline}-${new Date(startedAt).toISOString()}-${randomUUID().slice(0, 8)}`,
      schedule,
      pipeline,
      rowsRead: 0,
      rowsWritten: 0,
      rowsDeleted: 0,
      watermark: null,
      ...outcome,
      startedAt,
      finishedAt,
      seconds: (finishedAt - startedAt) / 1_000,
      ...(isSpanContextValid(spanContext) && { traceId: spanContext.traceId }),
    }
    await store
      .writeReport(report)
      .catch((error: unknown) => logger.warn({ error }, 'could not keep the report'))
    logger.info({ report }, 'the run has ended')
    span.setAttribute('vitrine.etl.result', report.result)
    if (report.result === 'Failed') span.setStatus({ code: SpanStatusCode.ERROR, message: report.message })
    span.end()
    return report
  })
}

function failed(error: unknown, mode: RunReport['mode'], logger: Logger): Outcome {
  if (error instanceof Error && error.name === 'AbortError') {
    const message = 'the run was stopped before its end; nothing was published, run it again'
    return { result: 'Failed', mode, message, retryable: true }
  }
  if (!(error instanceof VitrineError)) logger.error({ error }, 'the run failed')
  return {
    result: 'Failed',
    mode,
    message: error instanceof Error ? error.message : String(error),
    retryable: !(error instanceof Misconfigured),
  }
}

/** The mode of a run that ended before it could look up what is due. */
function modeUntold(pipeline: RunReport['pipeline']): RunReport['mode'] {
  return pipeline === 'products' ? 'full' : 'incremental'
}

async function underLease(options: RunOptions): Promise<Outcome> {
  const { pipeline, holder, store, signal, logger } = options
  const lease = await store.takeLease(`etl ${pipeline}`, `${holder}-${randomUUID()}`, leaseMs)
  if (!lease) {
    const message = `another run of ${pipeline} is under way, or one was killed within the last ${leaseMs / 1_000} s`
    return { result: 'Skipped', mode: modeUntold(pipeline), message }
  }
  const stopped = new AbortController()
  await using opened = new AsyncDisposableStack()
  opened.use(holdLease(lease, { ttlMs: leaseMs, onLost: error => stopped.abort(error), logger }))
  // Awaited here, since leaving gives the lease back.
  return await copy(options, lease, AbortSignal.any([signal, stopped.signal]))
}

async function copy(options: RunOptions, lease: Lease, signal: AbortSignal): Promise<Outcome> {
  const { pipeline: name, schedule, source, store, windowMs, timeZone, onProgress, now, logger } = options
  const sourceHash = hashOf(options)
  const known = await store.readState(schedule)
  const state = known?.sourceHash === sourceHash ? known : null
  const full = name === 'products' || !state || now() - state.lastFullAt >= options.fullEveryMs
  const mode = full ? 'full' : 'incremental'

  const work = async (shop: ShopSnapshot): Promise<Outcome> => {
    const pipeline = await pipelines[name](shop, options.query)
    const rows = await pipeline.count(windowMs)
    const refusal = refuse(rows, known, options.guard)
    if (refusal !== null && !options.overrideGuard)
      return { result: 'Refused', mode, message: refusal, rowsRead: rows }

    const version = {
      id: `${new Date(shop.at).toISOString()}-${randomUUID().slice(0, 8)}`,
      snapshotAt: shop.at,
    }
    let leftOut = 0
    const done = await pipeline.run({
      store,
      version,
      state,
      full,
      windowMs,
      timeZone,
      tell: onProgress,
      check: () => signal.throwIfAborted(),
      leaveOut: () => (leftOut += 1),
    })
    signal.throwIfAborted()
    await lease.renew()
    // One after the other, since nobody reads two sets together: each is whole and tells its own moment.
    for (const set of done.sets) {
      if (!(await store.publish(set, version))) {
        throw new Conflict(`a later snapshot of ${set} is published already; this run's is dropped`)
      }
    }
    const lastFullAt = full ? shop.at : (state?.lastFullAt ?? shop.at)
    await store.writeState(schedule, { sourceHash, watermark: done.watermark, lastFullAt, rows })
    await dropOld(done.sets, options)
    const { rowsRead, rowsWritten, rowsDeleted } = done
    const watermark = new Date(done.watermark).toISOString()
    return {
      result: 'Succeeded',
      mode,
      message: [refusal && `let through although ${refusal}`, leftOutMessage(leftOut)]
        .filter(Boolean)
        .join('; '),
      rowsRead,
      rowsWritten,
      rowsDeleted,
      watermark,
    }
  }
  return withSnapshot(source, work, { signal }).catch((error: unknown) => failed(error, mode, logger))
}

/** Where the rows come from: another server, database or query starts from nothing. */
function hashOf({ sourceUrl, query }: RunOptions): string {
  const source = [describeServer(sourceUrl), ...(query === null ? [] : [query])].join('\n')
  return createHash('sha256').update(source).digest('hex').slice(0, 16)
}

/** What was published stands, also when older versions can't be dropped now: the next run tries again. */
async function dropOld(sets: Done['sets'], { store, now, logger }: RunOptions): Promise<void> {
  for (const set of sets) {
    await store
      .dropOldVersions(set, now())
      .catch((error: unknown) => logger.warn({ set, error }, 'could not drop old versions'))
  }
}

function refuse(rows: number, state: ScheduleState | null, guard: RunOptions['guard']): string | null {
  if (rows < guard.minRows)
    return `the source has ${rows} rows, fewer than the guard's minimum of ${guard.minRows}`
  if (!state || state.rows === 0) return null
  const dropPercent = (1 - rows / state.rows) * 100
  if (dropPercent <= guard.maxDropPercent) return null
  return `the source has ${rows} rows, ${dropPercent.toFixed(1)} % fewer than the ${state.rows} of the last run; the guard allows ${guard.maxDropPercent} %`
}
