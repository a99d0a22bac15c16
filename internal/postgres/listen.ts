import { setTimeout as sleep } from 'node:timers/promises'
import { within } from './session.ts'
import type pg from 'pg'
import type { ClientConfig } from 'pg'
import type { Logger } from '#internal/telemetry/logger.ts'

const heartbeatMs = 15_000
const answerLimitMs = 5_000
const firstPauseMs = 100
const longestPauseMs = 5_000

/** See `Postgres.listen`. */
export function listenOn(options: {
  Client: typeof pg.Client
  clientOptions: ClientConfig
  channel: string
  callback: (payload: string) => void
  logger: Logger
  server: string
}): AsyncDisposable {
  const { Client, channel, callback, logger, server } = options
  const stopping = new AbortController()

  /** One connection's life; resolves when it broke or when told to stop. Tells whether it ever listened. */
  async function listenOnce(): Promise<boolean> {
    const client = new Client({ ...options.clientOptions, query_timeout: answerLimitMs })
    const broken = new AbortController()
    const stop = () => broken.abort()
    stopping.signal.addEventListener('abort', stop)
    client.on('error', stop)
    client.on('end', stop)
    client.on('notification', ({ payload }) => callback(payload ?? ''))
    let listened = false
    try {
      await client.connect()
      await client.query(`LISTEN ${client.escapeIdentifier(channel)}`)
      listened = true
      callback('')
      while (!broken.signal.aborted) {
        await sleep(heartbeatMs, undefined, { signal: broken.signal }).catch(() => {})
        // A connection whose other end vanished without a word looks alive until it is asked.
        if (!broken.signal.aborted) await client.query('SELECT 1')
      }
    } catch (error) {
      logger.debug({ server, channel, error }, 'listening on PostgreSQL broke off')
    } finally {
      stopping.signal.removeEventListener('abort', stop)
      await within(client.end(), answerLimitMs, 'closing').catch(() => {})
    }
    return listened
  }

  async function run(): Promise<void> {
    let failures = 0
    while (!stopping.signal.aborted) {
      failures = (await listenOnce()) ? 0 : failures + 1
      const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** failures) * (0.5 + Math.random() / 2)
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }

  const running = run()
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await running
    },
  }
}
