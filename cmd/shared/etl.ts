import { context, propagation, ROOT_CONTEXT } from '@opentelemetry/api'
import { Misconfigured } from '#internal/errors/errors.ts'
import { runPipeline } from '#internal/orders/run.ts'
import { connectPostgres } from '#internal/postgres/client.ts'
import { exitCodeOf, openTerminationMessage } from './etl-report.ts'
import { runVitrineJob } from './job.ts'
import { rereadable } from './logins.ts'
import { openProgress } from './progress.ts'
import type { z } from 'zod'
import { etlProcessSettings } from '../etl/config.ts'
import type { Job } from './job.ts'

type EtlJob = Job<z.output<typeof etlProcessSettings>>

/**
 * One run of the pipeline that the settings name: progress on standard error, the report as JSON on standard output and
 * as termination message.
 */
export async function runEtl(): Promise<void> {
  // Read before the settings are checked, since the report tells also that they are wrong.
  const termination = openTerminationMessage(process.env['VITRINE_TERMINATION_MESSAGE'], Date.now())
  await runVitrineJob(
    'etl',
    etlProcessSettings,
    async job => {
      // Whoever asked may not wait for the end; the report of the end, if it comes to it, takes the place of this one.
      const stopped = () =>
        termination.writeFailure('the run was told to stop, and killed before it had ended')
      job.signal.addEventListener('abort', stopped, { once: true })
      const carried = { traceparent: job.settings.TRACEPARENT }
      const report = await context.with(propagation.extract(ROOT_CONTEXT, carried), () => runOnce(job))
      process.stdout.write(`${JSON.stringify(report)}\n`)
      termination.write(report)
      return exitCodeOf(report)
    },
    error => {
      termination.writeFailure(error instanceof Error ? error.message : String(error))
      return exitCodeOf({ result: 'Failed', retryable: !(error instanceof Misconfigured) })
    },
  )
}

async function runOnce({ settings, engines, instance, opened, logger, signal }: EtlJob) {
  const progress = opened.use(openProgress())
  const { VITRINE_SHOP_CA_FILE: caFile } = settings
  const source = opened.use(
    connectPostgres({
      url: settings.VITRINE_SHOP_URL,
      ...(caFile !== undefined && { ca: rereadable('VITRINE_SHOP_CA_FILE', caFile) }),
      applicationName: 'vitrine-etl',
      maxConnections: 3,
      logger,
    }),
  )
  const pipeline = settings.VITRINE_PIPELINE
  const report = await runPipeline({
    pipeline,
    schedule: settings.VITRINE_SCHEDULE ?? pipeline,
    holder: instance,
    source,
    sourceUrl: settings.VITRINE_SHOP_URL,
    store: engines.orders(),
    now: Date.now,
    timeZone: settings.VITRINE_TIME_ZONE,
    windowMs: settings.VITRINE_WINDOW,
    fullEveryMs: settings.VITRINE_FULL_EVERY,
    query: settings.VITRINE_QUERY ?? null,
    guard: {
      minRows: settings.VITRINE_GUARD_MIN_ROWS,
      maxDropPercent: settings.VITRINE_GUARD_MAX_DROP_PERCENT,
    },
    overrideGuard: settings.VITRINE_GUARD_OVERRIDE !== undefined,
    onProgress: ({ phase, rows }) => progress.say(`${phase}: ${rows} rows`),
    logger,
    signal,
  })
  progress.end()
  return report
}
