import { prepareTelemetry } from '#internal/telemetry/tracing.ts'

// Libraries are instrumented as they load, so what uses them loads after.
await prepareTelemetry('vitrine-loader', process.env)
await import('./run.ts')
