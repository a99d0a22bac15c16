import { createMetrics } from '#internal/telemetry/metrics.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { connectKube } from '#internal/kube/client.ts'
import { startFakeApiServer } from '#internal/kube/fake-api-server.ts'
import { eventually } from '../../../test/contract/event-log-rig.ts'
import { etlScheduleManifest } from '../../../test/etlschedule-samples.ts'
import { parseRunDefaults } from '../objects/run-defaults.ts'
import { fieldManager, plural, group } from '../resource/names.ts'
import { startScheduleController } from './controller.ts'
import type { KubeClient } from '#internal/kube/client.ts'
import type { FakeApiServer } from '#internal/kube/fake-api-server.ts'
import type { FakeObject } from '#internal/kube/fake-cluster.ts'
import type { Metrics } from '#internal/telemetry/metrics.ts'
import type { CronJob, Job } from '../objects/kubernetes.ts'
import type { EtlScheduleStatus } from '../resource/status.ts'
import type { ScheduleController } from './controller.ts'

const kinds = {
  schedule: `${plural}.${group}`,
  cronJob: 'cronjobs.batch',
  job: 'jobs.batch',
  pod: 'pods',
  secret: 'secrets',
  event: 'events',
  lease: 'leases.coordination.k8s.io',
} as const

export type KindName = keyof typeof kinds

const namespace = 'shop'

/** A fake API server with the Secret that the EtlSchedules of tests read, and controllers of it. */
export interface Scene extends AsyncDisposable {
  readonly server: FakeApiServer
  readonly metrics: Metrics
  /** The clock of the API server and of the controllers, in epoch milliseconds; it stands still unless it is set. */
  time: number
  startController(change?: (client: KubeClient) => KubeClient): Promise<ScheduleController>
  /** As `kubectl apply`: the spec is replaced, annotations are added. */
  apply(name: string, spec?: object, annotations?: Record<string, string>): void
  create(kind: KindName, object: object): void
  merge(kind: KindName, name: string, patch: object): void
  setStatus(kind: KindName, name: string, status: object): void
  delete(kind: KindName, name: string): void
  find(kind: KindName, name: string): FakeObject | undefined
  list(kind: KindName): readonly FakeObject[]
  cronJob(name: string): CronJob | undefined
  jobs(): readonly Job[]
  status(name: string): Partial<EtlScheduleStatus>
  /** `True SecretMissing` and the like; empty while there is none. */
  condition(name: string, type: string): string
  /** Reasons of the Events, in order. */
  told(): readonly string[]
  /** Names of all Jobs that were ever made, in order. */
  jobsMade(): readonly string[]
  /** Requests that change something, all but those for the Lease, as `PATCH cronjobs`. */
  writes(): readonly string[]
  until(holds: () => unknown, what: string): Promise<void>
}

export async function startScene(): Promise<Scene> {
  const server = await startFakeApiServer(() => scene.time)
  const metrics = createMetrics({ service: 'test', version: '0' })
  const opened = new AsyncDisposableStack()
  opened.use(server)
  const { cluster } = server
  const of = (kind: KindName, name: string) => ({
    kind: kinds[kind],
    namespace,
    name,
    manager: 'test',
    subresource: undefined,
  })
  const list = (kind: KindName) => cluster.list(kinds[kind], namespace)
  const find = (kind: KindName, name: string) => list(kind).find(({ metadata }) => metadata.name === name)
  const create = (kind: KindName, object: object) => {
    const made = object as FakeObject
    cluster.create(of(kind, made.metadata.name), made)
  }
  let instances = 0
  const told: string[] = []
  const jobsMade: string[] = []
  cluster.listen(({ kind, old, now }) => {
    if (kind === kinds.event && now && !old) told.push(String(now['reason']))
    if (kind === kinds.job && now && !old) jobsMade.push(now.metadata.name)
  })

  const scene: Scene = {
    server,
    metrics,
    time: Date.now(),
    async startController(change = client => client) {
      const client = await connectKube({
        kubeconfig: server.kubeconfig,
        fieldManager,
        metrics,
        logger,
        timeoutMs: 2_000,
      })
      opened.use(client)
      instances += 1
      const controller = startScheduleController({
        client: change(client),
        namespace,
        defaults: parseRunDefaults({ image: 'vitrine:test' }),
        lease: 'controller',
        identity: `controller-${instances}`,
        concurrency: 4,
        metrics: instances === 1 ? metrics : createMetrics({ service: 'test', version: '0' }),
        logger,
        now: () => scene.time,
        leaderTimes: { leaseMs: 1_000, deadlineMs: 700, renewEveryMs: 200, lookEveryMs: 20 },
        reflectorTimes: { steadyMs: 0, resyncMs: 0, backOff: { firstMs: 1, maxMs: 20 } },
      })
      return opened.use(controller)
    },
    apply(name, spec = {}, annotations = {}) {
      const manifest = etlScheduleManifest(name, spec as Record<string, unknown>)
      const metadata = { name, namespace, annotations }
      const present = find('schedule', name)
      if (!present) return create('schedule', { ...manifest, metadata })
      const kept = { ...present.metadata, annotations: { ...annotationsOf(present), ...annotations } }
      cluster.update(of('schedule', name), { ...present, spec: manifest.spec, metadata: kept })
    },
    create,
    merge: (kind, name, patch) =>
      void cluster.merge(of(kind, name), patch as Parameters<typeof cluster.merge>[1]),
    setStatus(kind, name, status) {
      const patch = { status } as Parameters<typeof cluster.merge>[1]
      cluster.merge({ ...of(kind, name), subresource: 'status' }, patch)
    },
    delete: (kind, name) => void cluster.delete(of(kind, name), undefined),
    find,
    list,
    cronJob: name => find('cronJob', name) as CronJob | undefined,
    jobs: () => list('job') as unknown as readonly Job[],
    status: name => (find('schedule', name)?.status ?? {}) as Partial<EtlScheduleStatus>,
    condition(name, type) {
      const found = scene.status(name).conditions?.find(condition => condition.type === type)
      return found ? `${found.status} ${found.reason}` : ''
    },
    told: () => told,
    jobsMade: () => jobsMade,
    writes: () =>
      server.requests
        .filter(({ method, path }) => method !== 'GET' && !path.includes('/leases'))
        .map(({ method, path }) => `${method} ${path.split('/').slice(-2).join('/')}`),
    until: (holds, what) => eventually(async () => Boolean(holds()), what),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
  create('secret', { metadata: { name: 'shop-database' }, data: { uri: 'secret' } })
  return scene
}

function annotationsOf({ metadata }: FakeObject): Record<string, string> {
  return (metadata as { annotations?: Record<string, string> }).annotations ?? {}
}
