import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Runs a task at once and then again and again with a pause in between, until it is disposed; disposing waits for
 * the run in hand, which is told by its signal. The task reports its own failures: it must not reject.
 */
export function startPolling(task: (signal: AbortSignal) => Promise<void>, everyMs: number): AsyncDisposable {
  const stopping = new AbortController()
  const { signal } = stopping
  const work = (async () => {
    while (!signal.aborted) {
      await task(signal)
      await sleep(everyMs, undefined, { signal, ref: false }).catch(() => {})
    }
  })()
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await work
    },
  }
}
