import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import { freePort, until } from '../../system/processes.ts'
import { scriptPath, startScript } from '../scripts.ts'
import type { Install } from './install.ts'

/** A real Prometheus in the cluster's network, which finds its targets as Prometheus' operator would tell it to. */
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
    readonly endpoints: readonly {
      readonly port: string
      readonly honorLabels?: boolean
      readonly path?: string
    }[]
  }
}

/** Starts it with the ServiceMonitors and PrometheusRules of the namespace, until the suite ends. */
export async function startPrometheus(install: Install, program: string): Promise<Prometheus> {
  const { namespace, opened } = install
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-prometheus-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const items = async <T>(kind: string) =>
    (JSON.parse(await install.kubectl(['get', kind, '-o', 'json'])) as { items: T[] }).items
  const monitors = await items<ServiceMonitor>('servicemonitors')
  const rules = await items<{ spec: unknown }>('prometheusrules')
  const ruleFiles = rules.map((_, index) => join(folder, `rules-${index}.json`))
  for (const [index, { spec }] of rules.entries())
    await writeFile(ruleFiles[index] ?? '', JSON.stringify(spec))
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: ruleFiles,
    scrape_configs: monitors.flatMap(({ spec }, index) =>
      spec.endpoints.map(endpoint => scrapeConfig(`monitor-${index}-${endpoint.port}`, spec, endpoint)),
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
  opened.defer(async () => {
    const ended = once(child, 'exit')
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
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

  /** As the operator writes it: Services are found by their labels, and their endpoints by the name of the port. */
  function scrapeConfig(
    name: string,
    { selector }: ServiceMonitor['spec'],
    endpoint: ServiceMonitor['spec']['endpoints'][number],
  ) {
    const labelOf = (key: string) => `__meta_kubernetes_service_label_${key.replaceAll(/[^\w]/g, '_')}`
    const keep = (label: string, regex: string) => ({ action: 'keep', source_labels: [label], regex })
    const tell = (label: string, from: string) => ({
      source_labels: [`__meta_kubernetes_${from}`],
      target_label: label,
    })
    return {
      job_name: name,
      honor_labels: endpoint.honorLabels ?? false,
      metrics_path: endpoint.path ?? '/metrics',
      kubernetes_sd_configs: [
        { role: 'endpoints', kubeconfig_file: env['KUBECONFIG'], namespaces: { names: [namespace] } },
      ],
      relabel_configs: [
        ...Object.entries(selector.matchLabels).map(([key, value]) => keep(labelOf(key), value)),
        keep('__meta_kubernetes_endpoint_port_name', endpoint.port),
        tell('namespace', 'namespace'),
        tell('service', 'service_name'),
        tell('pod', 'pod_name'),
        tell('container', 'pod_container_name'),
        tell('job', 'service_name'),
        { target_label: 'endpoint', replacement: endpoint.port },
      ],
    }
  }
}
