import { prepareTelemetry } from '#internal/telemetry/tracing.ts'

// A child of `vitrine up` ends with it, however it ended, be that before this line.
if (process.connected === false) process.exit(1)
if (process.channel) {
  process.channel.unref()
  process.once('disconnect', () => process.exit(1))
}

await prepareTelemetry('vitrine', process.env)
await import('./run.ts')
