import { createLogger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { engineSettings } from '../cmd/shared/engines-settings.ts'
import { openEngines } from '../cmd/shared/engines.ts'
import { readSettings } from '../cmd/shared/settings.ts'
import { engineSets } from '../test/system/engine-sets.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { Engines } from '../cmd/shared/engines.ts'
import type { Finding } from './measure.ts'

export const standNames = ['postgres', 'kafka'] as const
export type StandName = (typeof standNames)[number]

/** What every bench stands on: running engines, a bare server beside them, and how long to measure. */
export interface Stand extends AsyncDisposable {
  readonly name: StandName
  /** Leads processes to the engines. */
  readonly env: Record<string, string>
  /** The same engines for the bench's own process. */
  readonly engines: Engines
  readonly logger: Logger
  readonly metrics: Metrics
  readonly seconds: number
  readonly rounds: number
  readonly tell: (text: string) => void
}

export type Bench = (stand: Stand) => Promise<Finding[]>

export interface StandOptions {
  readonly seconds: number
  readonly rounds: number
  readonly tell: (text: string) => void
}

/** Starts the engines of that name; a text says why that is not possible on this machine. */
export async function openStand(name: StandName, options: StandOptions): Promise<Stand | string> {
  const opened = new AsyncDisposableStack()
  const set = engineSets[standNames.indexOf(name)]
  if (!set) throw new Error(`there are no engines of the name ${name}`)
  options.tell(`starting ${set.name}`)
  const started = await set.start()
  if (typeof started === 'string') return started
  opened.use(started)
  const env = {
    ...started.env,
    VITRINE_LOG_LEVEL: 'warn',
    VITRINE_MAX_VIEWS_PER_USER_PER_DAY: '10000000',
  }
  const logger = createLogger({ service: 'bench', level: 'error' })
  const metrics = createMetrics({ service: 'bench', version: '0' })
  const settings = readSettings(engineSettings, env)
  const engines = opened.use(
    openEngines({ settings, service: 'bench', instance: `bench-${process.pid}`, logger, metrics }),
  )
  return {
    name,
    env,
    engines,
    logger,
    metrics,
    seconds: options.seconds,
    rounds: options.rounds,
    tell: text => options.tell(`${name}: ${text}`),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}
