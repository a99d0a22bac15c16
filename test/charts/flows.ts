import { readFile } from 'node:fs/promises'
import type { Part, Rendered } from './render.ts'

const componentLabel = 'app.kubernetes.io/component'

/** The components that a rendering has policies for. */
export const componentsOf = (objects: readonly Rendered[]) =>
  objects
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .map(({ spec }) => String(spec.podSelector.matchLabels[componentLabel]))

/** What NetworkPolicies let through, as `component in port` and `component out port`. */
export function flowsOf(objects: readonly Rendered[]): string[] {
  return objects
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .flatMap(({ spec }) => {
      const component = String(spec.podSelector.matchLabels[componentLabel])
      const ports = (rules: Part[] = []): string[] =>
        rules.flatMap(({ ports }) => [
          ...new Set<string>(ports.map(({ port }: { port: unknown }) => String(port))),
        ])
      return [
        ...ports(spec.ingress).map(port => `${component} in ${port}`),
        ...ports(spec.egress).map(port => `${component} out ${port}`),
      ]
    })
}

/** The same as docs/helm.md lists it, for one shape: which engines it has, and by which ports. */
export async function listedFlows(shape: string): Promise<string[]> {
  const page = await readFile('docs/helm.md', 'utf8')
  const rows = [...page.matchAll(/^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| [^|]+ \|$/gm)]
    .map(([, from = '', to = '', port = '']) => ({ from: from.split(', '), to: to.split(', '), port }))
    .filter(({ port }) => /^(http|ops|53|9093|9042|`|that of)/.test(port))
  const portsIn = portsOfShape[shape] ?? {}
  const inward = rows
    .filter(({ port }) => ['http', 'ops'].includes(port))
    .flatMap(({ from, to, port }) => [
      ...to.map(component => `${component} in ${port}`),
      ...from.filter(one => one === 'test').map(one => `${one} out ${port}`),
    ])
  const outward = rows.flatMap(({ from, to: [to = ''], port }) => {
    if (['http', 'ops'].includes(port)) return []
    const ports = to === 'DNS' ? ['53'] : (portsIn[to] ?? [])
    return from.flatMap(component => {
      if (to === 'PostgreSQL' && !(portsIn['who sees PostgreSQL'] ?? []).includes(component)) return []
      if (to === 'Kubernetes' && component === 'init' && portsIn['first key'] === undefined) return []
      return ports.map(port => `${component} out ${port}`)
    })
  })
  return [...inward, ...outward]
}

const kubernetes = { Kubernetes: ['443', '6443'], 'first key': ['yes'] }
const keysOnly = { PostgreSQL: ['5432'], 'who sees PostgreSQL': ['ingestor', 'api', 'init'] }

/** Where each kind of engine is in each shape. */
const portsOfShape: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'ci/default.yaml': {
    ...kubernetes,
    ...keysOnly,
    Kafka: ['9093'],
    Cassandra: ['9042'],
    "the shop's PostgreSQL": ['5432'],
  },
  'ci/production.yaml': {
    ...kubernetes,
    ...keysOnly,
    Kafka: ['9093'],
    Cassandra: ['9042'],
    "the shop's PostgreSQL": ['5432'],
    'the collector': ['4318'],
  },
  'ci/external-engines.yaml': {
    ...kubernetes,
    ...keysOnly,
    Kafka: ['9094'],
    Cassandra: ['9142'],
    PostgreSQL: ['6432'],
    "the shop's PostgreSQL": ['5433'],
  },
  'ci/postgres-only.yaml': {
    ...kubernetes,
    PostgreSQL: ['5432'],
    // Runs reach the shop's database by the same port.
    'who sees PostgreSQL': ['ingestor', 'loader', 'api', 'etl', 'init'],
  },
  'ci/behind-a-gateway.yaml': { Kafka: ['9093'], Cassandra: ['9042'], "the shop's PostgreSQL": ['5432'] },
}
