import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, until } from '../../system/processes.ts'
import { scriptPath, startScript } from '../scripts.ts'
import type { Install } from './install.ts'

/** A real Prometheus in the cluster's network, told of the targets that the monitors select, as Prometheus' operator tells it. */
export interface Prometheus {
  /** The result of a query now: as many as there are series. */
  query(expression: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]>
  /** Names of all metrics that it has seen. */
  names(): Promise<Set<string>>
  /** Names of the alerts that fire. */
  firing(): Promise<string[]>
  /** Targets that it scrapes, by job, and how the last scrape went. */
  targets(): Promise<{ job: string; health: string; lastError: string }[]>
}

interface ServiceMonitor {
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> }
    readonly endpoints: readonly Endpoint[]
  }
}

interface Endpoint {
  readonly port: string
  readonly honorLabels?: boolean
  readonly path?: string
}

interface EndpointSlice {
  readonly ports: readonly { readonly name: string; readonly port: number }[]
  readonly endpoints: readonly {
    readonly addresses: readonly string[]
    readonly targetRef?: { readonly name: string }
  }[]
}

/** Starts it with the ServiceMonitors and PrometheusRules of the namespace, until the suite ends. */
export async function startPrometheus(install: Install, program: string): Promise<Prometheus> {
  const { namespace, opened } = install
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-prometheus-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const items = async <T>(kind: string, args: readonly string[] = []) =>
    (JSON.parse(await install.kubectl(['get', kind, '-o', 'json', ...args])) as { items: T[] }).items
  const monitors = await items<ServiceMonitor>('servicemonitors')
  const rules = await items<{ spec: unknown }>('prometheusrules')
  const ruleFiles = rules.map((_, index) => join(folder, `rules-${index}.json`))
  for (const [index, { spec }] of rules.entries())
    await writeFile(ruleFiles[index] ?? '', JSON.stringify(spec))
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: ruleFiles,
    scrape_configs: await Promise.all(
      monitors.flatMap(({ spec }, index) =>
        spec.endpoints.map(endpoint => scrapeConfig(`monitor-${index}-${endpoint.port}`, spec, endpoint)),
      ),
    ),
  }
  const configFile = join(folder, 'prometheus.json')
  await writeFile(configFile, JSON.stringify(config))

  const [inside, local] = [await freePort(), await freePort()]
  const args = [
    `--config.file=${configFile}`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=127.0.0.1:${inside}`,
  ]
  const child = spawn(scriptPath('in'), [program, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const ended = once(child, 'exit')
  opened.defer(async () => {
    const isOver = child.exitCode !== null || child.signalCode !== null
    if (!isOver && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    await ended
  })
  opened.use(startScript('forward', [String(local), `127.0.0.1:${inside}`]))

  async function ask<T>(path: string): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${local}/api/v1/${path}`)
    const { data, error } = (await response.json()) as { data: T; error?: string }
    if (error !== undefined) throw new Error(`${decodeURIComponent(path)}: ${error}`)
    return data
  }
  await until('Prometheus answers', () => ask('status/runtimeinfo').then(() => true)).catch(
    (error: unknown) => {
      throw new Error(`Prometheus did not start: ${said.slice(-2_000)}`, { cause: error })
    },
  )

  const prometheus: Prometheus = {
    query: async expression =>
      (
        await ask<{ result: { metric: Record<string, string>; value: [number, string] }[] }>(
          `query?query=${encodeURIComponent(expression)}`,
        )
      ).result,
    names: async () => new Set(await ask<string[]>('label/__name__/values')),
    firing: async () =>
      (await ask<{ alerts: { state: string; labels: Record<string, string> }[] }>('alerts')).alerts
        .filter(({ state }) => state === 'firing')
        .map(({ labels }) => labels['alertname'] ?? ''),
    targets: async () =>
      (
        await ask<{ activeTargets: { labels: Record<string, string>; health: string; lastError: string }[] }>(
          'targets?state=active',
        )
      ).activeTargets.map(({ labels, health, lastError }) => ({
        job: labels['job'] ?? '',
        health,
        lastError,
      })),
  }
  return prometheus

  /** As the operator has it: Services are found by their labels, and their endpoints by the name of the port. */
  async function scrapeConfig(name: string, { selector }: ServiceMonitor['spec'], endpoint: Endpoint) {
    const labels = Object.entries(selector.matchLabels).map(([key, value]) => `${key}=${value}`)
    const services = await items<{ metadata: { name: string } }>('services', ['-l', labels.join(',')])
    const found = await Promise.all(services.map(({ metadata }) => targetsOf(metadata.name, endpoint.port)))
    return {
      job_name: name,
      honor_labels: endpoint.honorLabels ?? false,
      metrics_path: endpoint.path ?? '/metrics',
      static_configs: found.flat(),
      relabel_configs: [{ source_labels: ['service'], target_label: 'job' }],
    }
  }

  async function targetsOf(service: string, port: string) {
    const slices = await items<EndpointSlice>('endpointslices', [
      '-l',
      `kubernetes.io/service-name=${service}`,
    ])
    return slices.flatMap(({ ports, endpoints }) => {
      const number = ports.find(one => one.name === port)?.port
      if (number === undefined) return []
      return endpoints.map(({ addresses, targetRef }) => ({
        targets: [`${addresses[0]}:${number}`],
        labels: { namespace, service, pod: targetRef?.name ?? '', endpoint: port },
      }))
    })
  }
}
