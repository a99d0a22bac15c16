import { prepareTelemetry } from '#internal/telemetry/tracing.ts'

// Libraries are instrumented as they load, so what uses them loads after.
await prepareTelemetry('vitrine-api', process.env)
await import('./run.ts')
