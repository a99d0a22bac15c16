import { runPipeline } from '#internal/orders/run.ts'
import { connectPostgres } from '#internal/postgres/client.ts'
import { runVitrineJob } from './job.ts'
import { openProgress } from './progress.ts'
import type { RunReport } from '#internal/orders/store.ts'
import { etlProcessSettings } from '../etl/config.ts'

/** A run that waiting may cure ends with 1, one that a person must look at with 2. */
const exitCodes: Record<RunReport['result'], number> = { Succeeded: 0, Skipped: 0, Failed: 1, Refused: 2 }

/** One run of the pipeline that the settings name: progress on standard error, the report as JSON on standard output. */
export async function runEtl(): Promise<void> {
  await runVitrineJob(
    'etl',
    etlProcessSettings,
    async ({ settings, engines, instance, opened, logger, signal }) => {
      const progress = opened.use(openProgress())
      const source = opened.use(
        connectPostgres({
          url: settings.VITRINE_SHOP_URL,
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
        guard: {
          minRows: settings.VITRINE_GUARD_MIN_ROWS,
          maxDropPercent: settings.VITRINE_GUARD_MAX_DROP_PERCENT,
        },
        onProgress: ({ phase, rows }) => progress.say(`${phase}: ${rows} rows`),
        logger,
        signal,
      })
      progress.end()
      process.stdout.write(`${JSON.stringify(report)}\n`)
      return exitCodes[report.result]
    },
  )
}
