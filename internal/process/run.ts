import { once } from 'node:events'
import { VitrineError } from '#internal/errors/errors.ts'

/** Set before the first resource is opened: after this long, a shutdown that hangs is cut. Kubernetes' own grace is 30 s. */
const shutdownLimitMs = 25_000

/** How long something may still hold a process that was asked to stop and has closed all it opened. */
const closedLimitMs = 1_000

/**
 * Runs a service until SIGTERM or SIGINT: what it opened is closed in reverse order, then the process ends by
 * itself with code 0. A failure is one sentence on standard error and code 1.
 */
export async function runService(
  start: (opened: AsyncDisposableStack, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  await runJob(async (opened, signal) => {
    try {
      await start(opened, signal)
    } catch (error) {
      if (!signal.aborted) throw error
    }
    if (!signal.aborted) await once(signal, 'abort')
    return 0
  })
}

/**
 * Runs a job to its end, or until a signal asks it to stop; its number is the exit code. For a failure that it throws,
 * `onFailure` tells the code, which is 1 unless given.
 */
export async function runJob(
  job: (opened: AsyncDisposableStack, signal: AbortSignal) => Promise<number>,
  onFailure: (error: unknown) => number = () => 1,
): Promise<void> {
  const stopping = new AbortController()
  const stop = () => {
    stopping.abort()
    setTimeout(() => process.exit(process.exitCode ?? 1), shutdownLimitMs).unref()
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  try {
    await using opened = new AsyncDisposableStack()
    process.exitCode = await job(opened, stopping.signal)
  } catch (error) {
    process.exitCode = onFailure(error)
    if (stopping.signal.aborted) {
      process.stderr.write('stopped before the end\n')
      return
    }
    process.stderr.write(`${explain(error)}\n`)
    // A half-started process may hold sockets that nobody closes any more.
    setTimeout(() => process.exit(), 1_000).unref()
  } finally {
    process.removeListener('SIGTERM', stop)
    process.removeListener('SIGINT', stop)
    // All is closed; what holds the process now is a library's retry, such as of traces that no collector takes.
    if (stopping.signal.aborted) setTimeout(() => process.exit(), closedLimitMs).unref()
  }
}

/** What was raised on purpose is told in its own sentence; anything else is a bug and keeps its stack. */
export function explain(error: unknown): string {
  if (error instanceof VitrineError) return error.message
  if (error instanceof Error) return error.stack ?? error.message
  return String(error)
}
