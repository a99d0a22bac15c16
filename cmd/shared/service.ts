import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { VitrineError } from '#internal/errors/errors.ts'
import { createApp } from '#internal/http/app.ts'
import { listen } from '#internal/http/listen.ts'
import { opsRoutes } from '#internal/http/ops.ts'
import { createReadiness } from '#internal/process/health.ts'
import { runService } from '#internal/process/run.ts'
import { createLogger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { flushTelemetry } from '#internal/telemetry/tracing.ts'
import manifest from '../../package.json' with { type: 'json' }
import { MissingSetting, openEngines } from './engines.ts'
import { readSettings } from './settings.ts'
import type { z } from 'zod'
import type { Readiness } from '#internal/process/health.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { Engines } from './engines.ts'
import type { engineSettings, opsSettings, processSettings } from './engines-settings.ts'

export const version = manifest.version

/** What a process that serves is built from; what it opens is closed in reverse order when it stops. */
export interface Server<S> {
  readonly settings: S
  /** `vitrine-` and the process's name. */
  readonly service: string
  readonly opened: AsyncDisposableStack
  readonly logger: Logger
  readonly metrics: Metrics
  readonly readiness: Readiness
  /** Lets /livez fail when only a restart would cure this process; the check gives `null` while it lives. */
  readonly liveness: (stuck: () => string | null) => void
  readonly signal: AbortSignal
}

/** What every service is given to build itself from. */
export interface Service<S> extends Omit<Server<S>, 'service' | 'liveness'> {
  readonly engines: Engines
}

/** Tells this process from others of its kind. */
export function instanceName(settings: { VITRINE_INSTANCE?: string | undefined }): string {
  return settings.VITRINE_INSTANCE ?? `${hostname()}-${process.pid}`
}

type ServerSettings = typeof processSettings.shape & typeof opsSettings.shape

/** Runs a process whose probes answer at once, with what `start` opens, until it is told to stop. */
export async function runVitrineServer<T extends z.ZodObject<ServerSettings>>(
  name: string,
  schema: T,
  start: (server: Server<z.output<T>>) => Promise<void>,
): Promise<void> {
  await runService(async (opened, signal) => {
    const settings = readSettings(schema, process.env)
    const service = `vitrine-${name}`
    const logger = createLogger({ service, level: settings.VITRINE_LOG_LEVEL })
    const metrics = createMetrics({ service, version })
    const readiness = createReadiness()
    showReadiness(metrics, readiness)
    let stuck: () => string | null = () => null
    opened.defer(flushTelemetry)
    const ops = await listen({
      app: createApp({ routes: opsRoutes({ readiness, metrics, stuck: () => stuck() }), logger, metrics }),
      host: settings.VITRINE_OPS_HOST,
      port: settings.VITRINE_OPS_PORT,
      portSetting: 'VITRINE_OPS_PORT',
      // Probes and metrics name nobody, and are asked from beyond this machine.
      auth: 'none',
    })
    opened.use(ops)
    const liveness = (check: () => string | null) => void (stuck = check)
    await start({ settings, service, opened, logger, metrics, readiness, liveness, signal })
    if (signal.aborted) return
    opened.defer(() => readiness.leave())
    logger.info({ ops: ops.url, version }, `${service} is up`)
  })
}

/** What /readyz says, at each scrape: alerts need it by part, and a probe's answer is kept nowhere. */
function showReadiness(metrics: Metrics, readiness: Readiness): void {
  metrics.gauge({
    name: 'vitrine_ready',
    help: 'Whether a part of the process can do its work, as /readyz says: 1 or 0.',
    labels: ['part'],
    async collect(gauge) {
      for (const { name: part, problem } of await readiness.results()) {
        gauge.set({ part }, problem === null ? 1 : 0)
      }
    },
  })
}

type ServiceSettings = ServerSettings & typeof engineSettings.shape

/** Runs a service: its work begins when the engines have their schemas. */
export async function runVitrineService<T extends z.ZodObject<ServiceSettings>>(
  name: string,
  schema: T,
  start: (service: Service<z.output<T>>) => Promise<void>,
): Promise<void> {
  await runVitrineServer(name, schema, async server => {
    const { settings, service, opened, logger, metrics, readiness, signal } = server
    const instance = instanceName(settings)
    const engines = opened.use(openEngines({ settings, service, instance, logger, metrics }))
    await untilSchemasStand({ engines, readiness, logger, signal })
    if (signal.aborted) return
    await start({ settings, engines, opened, logger, metrics, readiness, signal })
  })
}

const lookAgainMs = 1_000

/** Waiting cures an engine that is away, or topics that are not made yet, but no missing setting. */
function sayWhatIsAway(error: unknown): string {
  if (error instanceof MissingSetting || !(error instanceof VitrineError)) throw error
  return error.message
}

/** Waits for what `vitrine init` makes, and for engines that are away, and says so in the readiness. */
async function untilSchemasStand(options: {
  engines: Engines
  readiness: Readiness
  logger: Logger
  signal: AbortSignal
}): Promise<void> {
  const { engines, readiness, logger, signal } = options
  let problem: string | null = 'not looked at yet'
  let told: string | null = null
  readiness.add('schema', () => problem)
  while (!signal.aborted) {
    problem = await engines.schemaProblem().catch(sayWhatIsAway)
    if (problem === null) return
    if (problem !== told) logger.info({ problem }, 'waiting')
    told = problem
    await sleep(lookAgainMs, undefined, { signal }).catch(() => {})
  }
}
