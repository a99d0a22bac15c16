import type { Logger } from '#internal/telemetry/logger.ts'
import type { Children } from './children.ts'

const everyMs = 60 * 60_000

/** Runs both pipelines every hour, and now if asked, one after the other; a run that fails is told and tried next time. */
export function keepRunning(options: {
  children: Children
  logger: Logger
  atOnce: boolean
}): AsyncDisposable {
  const { children, logger } = options
  let stopped = false
  let current = Promise.resolve()

  async function runAll(): Promise<void> {
    for (const pipeline of ['products', 'orders']) {
      if (stopped) return
      await children.run(['run', pipeline]).catch((error: unknown) => {
        if (!stopped) logger.warn({ pipeline, error }, 'a run failed')
      })
    }
  }

  const start = () => {
    current = current.then(runAll)
  }
  const timer = setInterval(start, everyMs)
  if (options.atOnce) start()
  return {
    async [Symbol.asyncDispose]() {
      stopped = true
      clearInterval(timer)
    },
  }
}
