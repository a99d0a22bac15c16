import { Command, InvalidArgumentError } from 'commander'
import { statfs } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { Misconfigured } from '#internal/errors/errors.ts'
import { createApp } from '#internal/http/app.ts'
import { listen } from '#internal/http/listen.ts'
import { opsRoutes } from '#internal/http/ops.ts'
import { createReadiness } from '#internal/process/health.ts'
import { runService } from '#internal/process/run.ts'
import { startEmbeddedPostgres } from '#internal/postgres/embedded.ts'
import { createLogger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { flushTelemetry } from '#internal/telemetry/tracing.ts'
import { indexSettings } from '../api/config.ts'
import { intakeSettings } from '../ingestor/config.ts'
import { loadSettings } from '../loader/config.ts'
import { apiInfo, readErrorPages } from '../shared/documentation.ts'
import { engineSettings, processSettings, serverSettings } from '../shared/engines-settings.ts'
import { openEngines } from '../shared/engines.ts'
import { apiPart, ingestorPart, loaderPart } from '../shared/parts.ts'
import { instanceName, version } from '../shared/service.ts'
import { readSettings } from '../shared/settings.ts'
import { createChildren } from './children.ts'
import { prepareDemo } from './demo.ts'
import { keepRunning } from './pipeline-runs.ts'
import { demandShops, readPlan, runScheduled } from './scheduled-runs.ts'
import type { Readiness } from '#internal/process/health.ts'
import type { Demo } from './demo.ts'

export const upSettings = z.object({
  ...processSettings.shape,
  ...serverSettings.shape,
  ...engineSettings.shape,
  ...intakeSettings.shape,
  ...loadSettings.shape,
  ...indexSettings.shape,
})

interface UpOptions {
  readonly port?: number
  readonly data: string
  readonly demo: boolean
  readonly schedules?: string
}

function portNumber(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('It must be a port from 0 to 65535.')
  return port
}

/** `vitrine up`: every service in one process, on one port, with an embedded PostgreSQL. */
export function upCommand(): Command {
  return new Command('up')
    .description(
      'start everything on this machine: one process, one port, an embedded PostgreSQL, a demo shop',
    )
    .option('--port <n>', 'port to listen on; 0 picks a free one (default: 8080)', portNumber)
    .option('--data <folder>', 'where the data is kept', '.vitrine')
    .option('--demo', 'fill an empty data folder with a made-up shop', true)
    .option('--no-demo', 'start empty')
    .option(
      '--schedules <file>',
      "run pipelines when a YAML file's EtlSchedules say so, not every hour (docs/schedules.md)",
    )
    .action((options: UpOptions) => runService((opened, signal) => up(options, opened, signal)))
}

/** Where one of these leads, made-up data has no business. */
const realThings = [
  'VITRINE_SHOP_URL',
  'VITRINE_POSTGRES_URL',
  'VITRINE_POSTGRES_URL_FILE',
  'VITRINE_KAFKA_BROKERS',
  'VITRINE_CASSANDRA_HOSTS',
]

const say = (text: string) => process.stdout.write(`${text}\n`)

async function up(
  { port, data, demo, schedules }: UpOptions,
  opened: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<void> {
  const folder = resolve(data)
  const plan = schedules === undefined ? null : readPlan(schedules)
  const foreign = realThings.filter(name => process.env[name])
  if (plan?.bringsShop) foreign.push(plan.file)
  const withDemo = demo && foreign.length === 0
  const hasShop = withDemo || Boolean(process.env['VITRINE_SHOP_URL'])
  if (plan && !hasShop) demandShops(plan)
  const given = readSettings(serverSettings, process.env)
  if (given.VITRINE_AUTH === 'keys') {
    throw new Misconfigured(
      'vitrine up asks for no keys, since it answers this machine alone: leave VITRINE_AUTH unset here, and set it for the processes of cmd/',
    )
  }
  const server = {
    host: given.VITRINE_HOST,
    port: port ?? given.VITRINE_PORT,
    portSetting: '--port',
    auth: given.VITRINE_AUTH,
  } as const
  const logger = createLogger({ service: 'vitrine-up', level: process.env['VITRINE_LOG_LEVEL'] ?? 'warn' })
  const metrics = createMetrics({ service: 'vitrine-up', version })
  opened.defer(flushTelemetry)
  // Asked for before anything is started, so that a taken port costs nobody a wait.
  const probe = await listen({ app: createApp({ routes: [], logger, metrics }), ...server })
  await probe[Symbol.asyncDispose]()

  await demandSpace(folder)
  say(`Starting PostgreSQL in ${folder} …`)
  const postgres = opened.use(await startEmbeddedPostgres({ dataFolder: join(folder, 'postgres'), logger }))
  if (!postgres.dataFolder.startsWith(`${folder}/`)) {
    say(`PostgreSQL keeps its data in ${postgres.dataFolder}: its user can't reach ${folder}`)
  }
  const embedded = {
    // A file with the address of another one takes its place.
    ...(!process.env['VITRINE_POSTGRES_URL_FILE'] && {
      VITRINE_POSTGRES_URL: await postgres.createDatabase('vitrine'),
    }),
    VITRINE_SHOP_URL: await postgres.createDatabase('shop'),
  }
  const environment = { ...embedded, ...process.env }
  if (demo && !withDemo) say(`No demo shop: ${foreign.join(', ')} lead to engines or a shop of your own`)
  const settings = readSettings(upSettings, environment)
  const instance = instanceName(settings)
  const engines = opened.use(openEngines({ settings, service: 'vitrine-up', instance, logger, metrics }))
  await engines.init()

  const readiness = createReadiness()
  const parts = { engines, opened, logger, metrics, readiness }
  loaderPart(parts, settings)
  const routes = [
    ...ingestorPart(parts, settings),
    ...apiPart(parts, settings, { instance, followEveryMs: 1_000, publishEveryMs: 1_000 }),
    ...opsRoutes({ readiness, metrics }),
  ]
  const app = createApp({ routes, logger, metrics, info: apiInfo, errorPages: readErrorPages() })
  const listening = opened.use(await listen({ app, ...server }))
  opened.defer(() => readiness.leave())

  const children = opened.use(createChildren(environment, signal))
  const shopUrl = embedded.VITRINE_SHOP_URL
  const shop = withDemo
    ? await prepareDemo({ folder, url: listening.url, shopUrl, children, log: engines.log(), say, signal })
    : null
  await untilReady(readiness, signal)
  if (signal.aborted) return
  greet(listening.url, folder, shop)
  const readFrom = process.env['VITRINE_SHOP_URL'] || shopUrl
  if (plan) await runScheduled({ plan, children, shopUrl: readFrom, say, signal })
  else if (hasShop) opened.use(keepRunning({ children, logger, atOnce: shop?.fresh !== true }))
}

/** The parts start side by side; a call that is offered must find them all, or /readyz tells after 30 s what is amiss. */
async function untilReady(readiness: Readiness, signal: AbortSignal): Promise<void> {
  const limit = Date.now() + 30_000
  while (!signal.aborted && Date.now() < limit) {
    const results = await readiness.results()
    if (results.every(({ problem }) => problem === null)) return
    await sleep(50, undefined, { signal })
  }
}

/** A new folder needs some 110 MB for PostgreSQL and the demo shop, its log of changes grows from there. */
const wantedBytes = 256 * 2 ** 20

/** Told before anything starts: on a disk that fills up half-way, every view would wait for room that never comes. */
async function demandSpace(folder: string): Promise<void> {
  const disk = await statfs(folder).catch(() =>
    dirname(folder) === folder ? null : statfs(dirname(folder)).catch(() => null),
  )
  const free = disk ? disk.bavail * disk.bsize : Infinity
  if (free >= wantedBytes) return
  const mib = (bytes: number) => Math.floor(bytes / 2 ** 20)
  throw new Misconfigured(
    `the data folder ${folder} can't be used: the disk is full (${mib(free)} MiB are free, ${mib(wantedBytes)} are needed)`,
  )
}

function greet(url: string, folder: string, shop: Demo | null): void {
  const user = shop?.user ?? 'user-1'
  const product = shop?.product ?? 'product-1'
  const view = JSON.stringify({ event: 'ProductView', userid: user, properties: { productid: product } })
  const send = `curl ${url}/v1/views -H 'content-type: application/json' -d '${view}'`
  const history = `curl -H 'user-id: ${user}' ${url}/api/v1/user_nav_history_latest_products/`
  const recommend = `curl '${url}/v1/users/${user}/recommendations?limit=3'`
  // Where nobody was seen yet, the others have nothing to tell before the first.
  const calls = shop ? [history, recommend, send] : [send, history, recommend]
  say(`
Vitrine listens on ${url} (data in ${folder}, Ctrl-C ends it). Try:

${calls.map(call => `  ${call}`).join('\n')}

All calls: ${url}/openapi.json   Health: ${url}/readyz   Metrics: ${url}/metrics`)
}
