import { register } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'

const flushLimitMs = 3_000

/** Has somebody said where traces go, by OpenTelemetry's own variables? */
export function tracesAreWanted(environment: Readonly<Record<string, string | undefined>>): boolean {
  if (environment['OTEL_SDK_DISABLED'] === 'true' || environment['OTEL_TRACES_EXPORTER'] === 'none')
    return false
  return Boolean(
    environment['OTEL_EXPORTER_OTLP_ENDPOINT'] || environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
  )
}

let flush: (() => Promise<void>) | null = null

/**
 * Starts tracing if an OTLP endpoint is set, and costs nothing otherwise. Must run before the libraries that it
 * instruments are loaded: they are changed as they load, and an ES module that was loaded before makes no spans and
 * says no word about it. Endpoint, sampler and the like are read from OpenTelemetry's standard OTEL_* variables.
 */
export async function prepareTelemetry(
  serviceName: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  if (!tracesAreWanted(environment)) return
  register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)
  const [{ NodeSDK }, { envDetector, hostDetector }, koa, pg, cassandra] = await Promise.all([
    import('@opentelemetry/sdk-node').then(module => module.default),
    import('@opentelemetry/resources'),
    import('@opentelemetry/instrumentation-koa').then(module => module.default),
    import('@opentelemetry/instrumentation-pg').then(module => module.default),
    import('@opentelemetry/instrumentation-cassandra-driver').then(module => module.default),
  ])
  const sdk = new NodeSDK({
    serviceName: environment['OTEL_SERVICE_NAME'] ?? serviceName,
    // Not the process's: its command line may hold a password.
    resourceDetectors: [envDetector, hostDetector],
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [
      new koa.KoaInstrumentation({ ignoreLayersType: [koa.KoaLayerType.MIDDLEWARE] }),
      new pg.PgInstrumentation({ requireParentSpan: true }),
      new cassandra.CassandraDriverInstrumentation(),
    ],
  })
  sdk.start()
  flush = () => sdk.shutdown()
}

/** Sends the spans that wait, within three seconds; what is not taken by then is lost. */
export async function flushTelemetry(): Promise<void> {
  if (!flush) return
  const late = sleep(flushLimitMs, undefined, { ref: false })
  await Promise.race([flush().catch(() => {}), late])
}
