import { once } from 'node:events'
import { connect } from 'node:net'
import { runRequestedAnnotation } from '#internal/etlschedule/resource/names.ts'
import { helm, helmVersion, needHelm, tryHelm } from '../../charts/helm.ts'
import { chartFolder } from '../../charts/render.ts'
import { freePort, until } from '../../system/processes.ts'
import { loadTestImage, testImage } from '../images.ts'
import { kubectl, makeNamespace, tryKubectl } from '../kubectl.ts'
import { newRequest } from '../scene.ts'
import { hasScripts, startScript } from '../scripts.ts'
import type { ChartName } from '../../charts/render.ts'
import type { Said } from '../../tools/command.ts'

const [repository = '', tag = ''] = testImage.split(':')

/** Values without which no chart can start a pod here: there is nothing to pull from, and one node of two cores. */
const here = {
  image: { repository, tag, pullPolicy: 'Never' },
  api: { indexViews: 100_000, resources: { requests: { cpu: '100m', memory: '128Mi' } } },
  ingestor: { resources: { requests: { cpu: '50m', memory: '96Mi' } } },
  loader: { resources: { requests: { cpu: '50m', memory: '96Mi' } } },
}

/** A namespace of its own, under the `restricted` pod security standard, in which a test installs charts as a user does. */
export interface Install {
  readonly namespace: string
  readonly opened: AsyncDisposableStack
  /** Runs Helm on the namespace. */
  tryHelm(args: readonly string[], values?: object): Promise<Said>
  helm(args: readonly string[], values?: object): Promise<string>
  /** `helm upgrade --install --wait` of a chart under its own name, with what it needs here; `wait: false` for what nobody makes ready. */
  install(
    chart: ChartName,
    values: object,
    options?: { wait?: boolean; args?: readonly string[] },
  ): Promise<Said>
  /** `helm test`, with what its pod said; Helm 3 deletes that before it could be asked. */
  test(): Promise<Said>
  tryKubectl(args: readonly string[], input?: object): Promise<Said>
  kubectl(args: readonly string[], input?: object): Promise<string>
  /** A part of an object, by a path such as `{.status.phase}`. */
  field(object: string, path: string): Promise<string>
  /** Runs an EtlSchedule now, and gives the report of the run once it has ended. */
  runNow(schedule: string): Promise<RunReport>
  makeSecret(name: string, data: Readonly<Record<string, string>>): Promise<void>
  /** A way from this machine to a Service, open until the suite ends. */
  reach(service: string, port?: string): Promise<string>
}

interface RunReport {
  readonly name: string
  readonly result: string
  readonly rowsRead?: number
  readonly message?: string
}

/** Makes the namespace before the tests of this suite, and removes it after them. */
export function prepareInstall(): Install {
  let namespace: string
  const opened = new AsyncDisposableStack()

  before(async function () {
    this.timeout(300_000)
    if (!hasScripts()) {
      process.stdout.write(
        '\nSKIPPED: loads images, for which it needs the scripts of a cluster on this machine\n',
      )
      return this.skip()
    }
    await needHelm(this)
    await loadTestImage()
    namespace = opened.use(await makeNamespace('shop')).name
    const standards = ['enforce', 'warn'].map(mode => `pod-security.kubernetes.io/${mode}=restricted`)
    await kubectl(['label', 'namespace', namespace, ...standards])
  })

  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return
    for (const what of [['pods,jobs'], ['events', '--field-selector=type=Warning']]) {
      process.stdout.write((await tryKubectl(['get', ...what, '-n', namespace])).stdout)
    }
  })

  after(async function () {
    this.timeout(120_000)
    await opened.disposeAsync()
  })

  const ways = new Map<string, string>()
  // First, since what follows -- is a command's own.
  const inNamespace = (args: readonly string[]) => ['--namespace', namespace, ...args]

  const install: Install = {
    get namespace() {
      return namespace
    },
    opened,
    tryHelm: (args, values) => tryHelm(inNamespace(args), { values, timeoutMs: 360_000 }),
    helm: (args, values) => helm(inNamespace(args), { values, timeoutMs: 360_000 }),
    async install(chart, values, { wait = true, args = [] } = {}) {
      const command = [
        'upgrade',
        '--install',
        chart,
        chartFolder(chart),
        '--timeout=5m',
        ...(wait ? ['--wait'] : []),
        ...args,
      ]
      return install.tryHelm(command, chart === 'vitrine' ? merge(here, values) : values)
    },
    async test() {
      return install.tryHelm(['test', 'vitrine', ...((await helmVersion()) === 3 ? [] : ['--logs'])])
    },
    tryKubectl: (args, input) => tryKubectl(inNamespace(args), { input, timeoutMs: 180_000 }),
    kubectl: (args, input) => kubectl(inNamespace(args), { input, timeoutMs: 180_000 }),
    field: (object, path) => install.kubectl(['get', object, '-o', `jsonpath=${path}`]),
    async runNow(schedule) {
      const object = `etlschedule/${schedule}`
      const before = await install.field(object, '{.status.lastRun.name}')
      await install.kubectl(['annotate', '--overwrite', object, `${runRequestedAnnotation}=${newRequest()}`])
      return until(
        `the end of a run of ${schedule}`,
        async () => {
          const run = JSON.parse(await install.field(object, '{.status.lastRun}')) as RunReport
          return run.name !== before && run.result !== 'Running' && run
        },
        180_000,
      )
    },
    async makeSecret(name, stringData) {
      await install.kubectl(['create', '-f', '-'], {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name },
        stringData,
      })
    },
    async reach(service, port = 'http') {
      const address = await install.field(
        `service/${service}`,
        `{.spec.clusterIP}:{.spec.ports[?(@.name=="${port}")].port}`,
      )
      const known = ways.get(address)
      if (known !== undefined) return known
      const local = await freePort()
      opened.use(startScript('forward', [String(local), address]))
      await until(`a way to ${service}`, () => answers(local))
      const url = `http://127.0.0.1:${local}`
      ways.set(address, url)
      return url
    },
  }
  return install
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** Values over others, maps key by key, as Helm lays them. */
function merge(under: object, over: object): object {
  const merged: Record<string, unknown> = { ...under }
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key]
    merged[key] = isMap(below) && isMap(value) ? merge(below, value) : value
  }
  return merged
}

const isMap = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
