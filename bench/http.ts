import autocannon from 'autocannon'
import type { Measured } from './measure.ts'

export interface Request {
  readonly method?: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

const connections = 50

/** Answers per second over 50 connections, each asking again once it is answered; rejects when any answer is not 2xx. */
export async function requestRate(
  url: string,
  requests: readonly Request[],
  seconds: number,
): Promise<Measured> {
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    requests: requests.map(({ method = 'GET', ...rest }) => ({ method, ...rest })),
  })
  if (result.errors > 0 || result.non2xx > 0) {
    throw new Error(
      `${url} gave ${result.non2xx} answers that are not 2xx, and ${result.errors} requests failed`,
    )
  }
  const { p50, p99 } = result.latency
  return { rate: result['2xx'] / result.duration, latency: { p50, p99 } }
}
