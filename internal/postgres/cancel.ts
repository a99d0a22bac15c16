import { setTimeout as sleep } from 'node:timers/promises'
import type { Queryable } from './client.ts'

const againMs = 200

/**
 * Once `signal` aborts, has the server cancel what runs on the connection of `running`, by way of `others`, until
 * disposed. More than once, since a single request may come just before its statement.
 */
export async function cancelOnAbort(
  running: Queryable,
  others: Pick<Queryable, 'query'>,
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  const [server] = await running.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const disposed = new AbortController()
  let cancelling = Promise.resolve()

  async function cancel(): Promise<void> {
    while (!disposed.signal.aborted) {
      // A server that is away ends its statements by itself.
      await others.query('SELECT pg_cancel_backend($1)', [server?.pid]).catch(() => {})
      await sleep(againMs, undefined, { signal: disposed.signal }).catch(() => {})
    }
  }
  const start = () => {
    cancelling = cancel()
  }
  if (signal.aborted) start()
  else signal.addEventListener('abort', start, { once: true })

  return {
    async [Symbol.asyncDispose]() {
      signal.removeEventListener('abort', start)
      disposed.abort()
      await cancelling
    },
  }
}
