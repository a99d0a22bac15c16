import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { connectKube } from './client.ts'
import { startFakeApiServer } from './fake-api-server.ts'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { KubeClient } from './client.ts'
import type { FakeApiServer } from './fake-api-server.ts'
import type { KubeObject, Place } from './objects.ts'

export interface KubeRig extends AsyncDisposable {
  readonly server: FakeApiServer
  readonly client: KubeClient
  readonly metrics: Metrics
  readonly logger: Logger
}

/** A fake API server and a client of it that loses patience soon. */
export async function startKubeRig({ timeoutMs = 1_000 } = {}): Promise<KubeRig> {
  const server = await startFakeApiServer()
  const metrics = createMetrics({ service: 'test', version: '0' })
  const client = await connectKube({
    kubeconfig: server.kubeconfig,
    fieldManager: 'vitrine-test',
    metrics,
    logger,
    timeoutMs,
  })
  return {
    server,
    client,
    metrics,
    logger,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

export const maps: Place = { group: '', version: 'v1', plural: 'configmaps', namespace: 'shop' }

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>
}

export const mapOf = (name: string, data: Record<string, string> = {}, meta: object = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop', ...meta },
  data,
})

export const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => error as Error,
  )

/** The samples of the metrics text whose names begin so. */
export async function samples(metrics: Metrics, prefix: string): Promise<Record<string, number>> {
  const { body } = await metrics.scrape()
  const lines = body.split('\n').filter(line => line.startsWith(prefix))
  return Object.fromEntries(
    lines.map(line => {
      const at = line.lastIndexOf(' ')
      return [line.slice(0, at), Number(line.slice(at + 1))]
    }),
  )
}
