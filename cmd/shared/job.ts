import { createLogger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { flushTelemetry } from '#internal/telemetry/tracing.ts'
import { runJob } from '#internal/process/run.ts'
import { openEngines } from './engines.ts'
import { instanceName, version } from './service.ts'
import { readSettings } from './settings.ts'
import type { z } from 'zod'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { Engines } from './engines.ts'
import type { engineSettings, processSettings } from './engines-settings.ts'

export interface Job<S> {
  readonly settings: S
  readonly engines: Engines
  readonly instance: string
  readonly opened: AsyncDisposableStack
  readonly logger: Logger
  readonly metrics: Metrics
  readonly signal: AbortSignal
}

type JobSettings = typeof processSettings.shape & typeof engineSettings.shape

/**
 * Runs a job that uses the engines, then ends with its exit code, or with what `onFailure` makes of a failure; its log
 * tells warnings only, unless asked for more.
 */
export async function runVitrineJob<T extends z.ZodObject<JobSettings>>(
  name: string,
  schema: T,
  job: (given: Job<z.output<T>>) => Promise<number>,
  onFailure?: (error: unknown) => number,
): Promise<void> {
  await runJob(async (opened, signal) => {
    const settings = readSettings(schema, process.env)
    const service = `vitrine-${name}`
    const level = process.env['VITRINE_LOG_LEVEL'] ? settings.VITRINE_LOG_LEVEL : 'warn'
    const logger = createLogger({ service, level })
    const metrics = createMetrics({ service, version })
    opened.defer(flushTelemetry)
    const instance = instanceName(settings)
    const engines = opened.use(openEngines({ settings, service, instance, logger, metrics }))
    return job({ settings, engines, instance, opened, logger, metrics, signal })
  }, onFailure)
}
