import { setFlagsFromString } from 'node:v8'
import { prepareTelemetry } from '#internal/telemetry/tracing.ts'

// Lists of a thousand objects and their first visits come once; V8 would keep twice the memory for more of that kind.
setFlagsFromString('--semi-space-growth-factor=1')
setFlagsFromString('--heap-growing-percent=10')
// Libraries are instrumented as they load, so what uses them loads after.
await prepareTelemetry('vitrine-controller', process.env)
await import('./run.ts')
