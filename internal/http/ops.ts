import { z } from 'zod'
import { route } from './route.ts'
import type { Readiness } from '#internal/process/health.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { Route } from './route.ts'

const text = { schema: z.string(), example: 'ok', contentType: 'text/plain' }

export interface OpsOptions {
  readonly readiness: Readiness
  readonly metrics: Metrics
  /** What only a restart would cure, in words; `null` where nothing does. It must ask no engine. */
  readonly stuck?: () => string | null
}

/** /livez asks no engine: it answers while the process can. /readyz says what is missing. /metrics is for Prometheus. */
export function opsRoutes({ readiness, metrics, stuck = () => null }: OpsOptions): Route[] {
  const plain = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' }
  return [
    route({
      method: 'GET',
      path: '/livez',
      operationId: 'livez',
      scope: null,
      tag: 'Operations',
      summary: 'Does the process live?',
      description: 'Asks no engine.',
      answers: {
        200: { description: 'It does.', ...text },
        503: { description: 'It is stuck.', ...text },
      },
      personal: false,
      async handle() {
        const problem = stuck()
        return { status: problem === null ? 200 : 503, body: `${problem ?? 'ok'}\n`, headers: plain }
      },
    }),
    route({
      method: 'GET',
      path: '/readyz',
      operationId: 'readyz',
      scope: null,
      tag: 'Operations',
      summary: 'Can the process do its work?',
      description: 'Each part on a line, with what is missing.',
      answers: { 200: { description: 'It can.', ...text }, 503: { description: 'It can not.', ...text } },
      personal: false,
      async handle() {
        const results = await readiness.results()
        const ready = results.every(({ problem }) => problem === null)
        const lines = results.map(({ name, problem }) => `${name}: ${problem ?? 'ok'}\n`)
        return { status: ready ? 200 : 503, body: lines.join('') || 'ok\n', headers: plain }
      },
    }),
    route({
      method: 'GET',
      path: '/metrics',
      operationId: 'metrics',
      scope: null,
      tag: 'Operations',
      summary: 'Metrics in the Prometheus text format',
      description: 'Labels are bounded and never name a person.',
      answers: { 200: { description: 'The metrics.', ...text } },
      personal: false,
      async handle() {
        const { contentType, body } = await metrics.scrape()
        return { status: 200, body, headers: { 'Content-Type': contentType } }
      },
    }),
  ]
}
