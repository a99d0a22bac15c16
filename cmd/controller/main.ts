import { prepareTelemetry } from '#internal/telemetry/tracing.ts'

// Libraries are instrumented as they load, so what uses them loads after.
await prepareTelemetry('vitrine-controller', process.env)
await import('./run.ts')
