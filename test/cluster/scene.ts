import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import { buildCrd } from '#internal/etlschedule/resource/crd.ts'
import { scheduleLabel } from '#internal/etlschedule/resource/names.ts'
import { placesIn } from '#internal/etlschedule/reconcile/places.ts'
import { connectKube } from '#internal/kube/client.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { version } from '../../cmd/shared/service.ts'
import { etlScheduleManifest } from '../etlschedule-samples.ts'
import { start, until } from '../system/processes.ts'
import { loadTestImage, testImage } from './images.ts'
import { kubectl, makeNamespace } from './kubectl.ts'
import { hasScripts } from './scripts.ts'
import type { CronJob, Job, Pod } from '#internal/etlschedule/objects/kubernetes.ts'
import type { EtlScheduleStatus } from '#internal/etlschedule/resource/status.ts'
import type { Places } from '#internal/etlschedule/reconcile/places.ts'
import type { KubeClient } from '#internal/kube/client.ts'
import type { KubeObject, Place } from '#internal/kube/objects.ts'
import type { Running } from '../system/processes.ts'

/** An EtlSchedule as the API server gives it. */
export interface Schedule extends KubeObject {
  readonly spec: Record<string, unknown>
  readonly status: Partial<EtlScheduleStatus>
}

export interface EventObject extends KubeObject {
  readonly type: string
  readonly reason: string
  readonly message: string
  readonly count?: number
  readonly involvedObject: { readonly name: string }
}

interface SceneOptions {
  /** Image of the runs, in the place of the working tree's. */
  readonly image?: string
  /** What runs do in the place of a real run; a fraction of a second unless it says more. */
  readonly command?: readonly string[]
  /** Environment of the runs. */
  readonly runEnv?: () => Record<string, string>
  /** URI of the shop's database, from the cluster. */
  readonly shopUrl?: () => string
  /** Whether the tests need pods that run, and so the scripts that can load an image. */
  readonly images?: boolean
  /** Whether the tests freeze a part of the cluster, or need a way of their own to it, and so the scripts. */
  readonly scripts?: boolean
  /** Whether one controller runs from the start. */
  readonly controller?: boolean
}

/** A namespace of its own in which a test acts as a user does, and may start controllers. */
export interface Scene {
  readonly namespace: string
  /** A temporary folder. */
  readonly folder: string
  readonly kube: KubeClient
  readonly places: Places & { readonly events: Place; readonly leases: Place }
  /** The controllers that were started and not yet stopped. */
  readonly controllers: readonly Running[]
  startController(env?: Record<string, string>, options?: { waitReady?: boolean }): Promise<Running>
  /** Ends all controllers by SIGKILL. Their Lease goes too, which they could hold for a while and no more. */
  killControllers(): Promise<void>
  /** Makes an EtlSchedule that is never due while a test runs, with a source that is there. */
  create(name: string, spec?: object, metadata?: object): Promise<Schedule>
  get(name: string): Promise<Schedule>
  /** Changes its spec, as `kubectl patch` does. */
  change(name: string, spec: object): Promise<void>
  annotate(name: string, annotations: Record<string, string | null>): Promise<void>
  makeSecret(name: string, data: Record<string, string>): Promise<void>
  cronJob(name: string): Promise<CronJob | null>
  jobs(schedule: string): Promise<Job[]>
  pods(schedule: string): Promise<Pod[]>
  events(schedule: string): Promise<EventObject[]>
  /** Waits until the EtlSchedule is as `check` says, and gives it. */
  untilSchedule(
    name: string,
    what: string,
    check: (schedule: Schedule) => unknown,
    timeoutMs?: number,
  ): Promise<Schedule>
  untilReady(name: string): Promise<Schedule>
}

const wroteReport = (result: string) =>
  `require('fs').writeFileSync('/dev/termination-log', JSON.stringify({ result: '${result}', ` +
  `startTime: '2026-01-01T00:00:00Z', endTime: '2026-01-01T00:00:01Z', seconds: 1, rowsRead: 2, rowsWritten: 2, rowsDeleted: 0 }))`

/** A run that reads nothing and reports at once. */
export const quickRun = ['node', '-e', wroteReport('Succeeded')]

/** A run that is at work until it is told to stop, and then stops at once as a real one does. */
export const longRun = [
  'node',
  '-e',
  "process.on('SIGTERM', () => process.exit(1)); setTimeout(() => {}, 600_000)",
]

/** Never due while a test runs. */
export const rarely = '0 0 29 2 *'

let crdApplied: Promise<void> | undefined

/** The very one that the chart brings: another would stand in its way. */
async function applyCrd(): Promise<void> {
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], { input: buildCrd(version) })
  await kubectl(['wait', '--for=condition=Established', 'crd/etlschedules.vitrine.dev', '--timeout=30s'])
}

/** Opens a scene for the tests of this suite, or says loudly why they are skipped. */
export function prepareScene(options: SceneOptions = {}): Scene {
  const opened = new AsyncDisposableStack()
  const controllers: Running[] = []
  let namespace = ''
  let kube: KubeClient
  let places: Scene['places']
  let folder = ''
  let defaultsFile: string

  before(async function () {
    this.timeout(300_000)
    if ((options.images || options.scripts) && !hasScripts()) {
      process.stdout.write(
        '    SKIPPED: needs the scripts that load images into the cluster and freeze its parts\n',
      )
      return this.skip()
    }
    await (crdApplied ??= applyCrd())
    if (options.images) await loadTestImage()
    namespace = opened.use(await makeNamespace('etl')).name
    const metrics = createMetrics({ service: 'test', version: '0' })
    kube = opened.use(await connectKube({ fieldManager: 'a-user', metrics, logger }))
    const place = (group: string, plural: string): Place => ({ group, version: 'v1', plural, namespace })
    places = {
      ...placesIn(namespace),
      events: place('', 'events'),
      leases: place('coordination.k8s.io', 'leases'),
    }
    folder = await mkdtemp(join(tmpdir(), 'vitrine-scene-'))
    opened.defer(() => rm(folder, { recursive: true }))
    defaultsFile = join(folder, 'run-defaults.json')
    await writeFile(defaultsFile, JSON.stringify(runDefaults(options)))
    await scene.makeSecret('shop-database', {
      uri: options.shopUrl?.() ?? 'postgres://nobody@127.0.0.1:1/shop',
    })
    if (options.controller) await scene.startController()
  })

  afterEach(function () {
    if (this.currentTest?.state !== 'failed') return
    for (const [index, controller] of controllers.entries().drop(Math.max(0, controllers.length - 3))) {
      const said = controller.log().split('\n').slice(-25).join('\n')
      process.stdout.write(`controller ${index + 1} said last:\n${said}\n`)
    }
  })

  after(async function () {
    this.timeout(60_000)
    for (const controller of controllers.splice(0)) await controller[Symbol.asyncDispose]()
    await opened.disposeAsync()
  })

  const ofSchedule = (name: string) => ({ labelSelector: `${scheduleLabel}=${name}` })

  const scene: Scene = {
    get namespace() {
      return namespace
    },
    get folder() {
      return folder
    },
    get kube() {
      return kube
    },
    get places() {
      return places
    },
    get controllers() {
      return controllers.filter(({ child }) => child.exitCode === null && child.signalCode === null)
    },
    async startController(settings = {}, startOptions = {}) {
      const started = await start(
        'controller',
        {
          KUBECONFIG: env['KUBECONFIG'] ?? '',
          VITRINE_NAMESPACE: namespace,
          VITRINE_RUN_DEFAULTS: defaultsFile,
          ...settings,
        },
        startOptions,
      )
      controllers.push(started)
      return started
    },
    async killControllers() {
      for (const controller of scene.controllers) await controller.kill()
      const { items } = await kube.list(places.leases)
      for (const { metadata } of items) await kube.delete(places.leases, metadata.name)
    },
    create(name, spec = {}, metadata = {}) {
      const manifest = etlScheduleManifest(name, { schedule: rarely, ...spec })
      return kube.create(places.schedules, {
        ...manifest,
        metadata: { ...metadata, name, namespace },
      } as unknown as Schedule)
    },
    async get(name) {
      const found = await kube.get<Schedule>(places.schedules, name)
      if (found === null) throw new Error(`there is no EtlSchedule ${name}`)
      return found
    },
    async change(name, spec) {
      await kube.mergePatch(places.schedules, name, { spec })
    },
    async annotate(name, annotations) {
      await kube.mergePatch(places.schedules, name, { metadata: { annotations } })
    },
    async makeSecret(name, data) {
      const stringData = data
      await kube.create(places.secrets, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, namespace },
        stringData,
      } as KubeObject)
    },
    cronJob: name => kube.get<CronJob>(places.cronJobs, name),
    jobs: async name => (await kube.list<Job>(places.jobs, ofSchedule(name))).items,
    pods: async name => (await kube.list<Pod>(places.pods, ofSchedule(name))).items,
    async events(name) {
      const { items } = await kube.list<EventObject>(places.events)
      return items.filter(({ involvedObject }) => involvedObject.name === name)
    },
    async untilSchedule(name, what, check, timeoutMs) {
      let last: Schedule | undefined
      return until(
        `${name}: ${what}`,
        async () => {
          last = await scene.get(name)
          return check(last) ? last : null
        },
        timeoutMs,
      ).catch((error: unknown) => {
        const stands = JSON.stringify(last?.status, null, 1)
        throw new Error(`${(error as Error).message}; it stands at ${stands}`, { cause: error })
      })
    },
    untilReady: name => scene.untilSchedule(name, 'is Ready', isReady),
  }
  return scene
}

function runDefaults({ image = testImage, command = quickRun, runEnv }: SceneOptions) {
  return {
    image,
    imagePullPolicy: 'IfNotPresent',
    command,
    env: Object.entries(runEnv?.() ?? {}).map(([name, value]) => ({ name, value })),
  }
}

export function condition(schedule: Schedule, type: string) {
  return schedule.status.conditions?.find(one => one.type === type)
}

/** Ready for the spec as it is now. */
export function isReady(schedule: Schedule): boolean {
  const { generation } = schedule.metadata
  const { observedGeneration } = schedule.status
  return observedGeneration === generation && condition(schedule, 'Ready')?.status === 'True'
}

/** A value that nobody used before: an annotation with it is a new request. */
export const newRequest = () => randomUUID()

/** A kubeconfig that leads to the same API server by another port of this machine. */
export async function kubeconfigVia(port: number, folder: string): Promise<string> {
  const text = await readFile(env['KUBECONFIG'] ?? '', 'utf8')
  const file = join(folder, `kubeconfig-${port}`)
  await writeFile(file, text.replace(/(server: "?https:\/\/)[^"\s]+/, `$1127.0.0.1:${port}`))
  return file
}

/** The port on this machine where the API server listens. */
export async function apiServerPort(): Promise<number> {
  const text = await readFile(env['KUBECONFIG'] ?? '', 'utf8')
  return Number(/server: "?https:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1])
}

/** The value of one series of a process's metrics; 0 where it is not there. */
export async function metricOf(process: Running, series: string): Promise<number> {
  const text = await (await fetch(`${process.opsUrl}/metrics`)).text()
  const line = text.split('\n').find(one => one.startsWith(`${series} `))
  return line === undefined ? 0 : Number(line.slice(series.length + 1))
}

/** The sum over all series of one name. */
export async function sumOf(process: Running, name: string): Promise<number> {
  const text = await (await fetch(`${process.opsUrl}/metrics`)).text()
  return text
    .split('\n')
    .filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}
