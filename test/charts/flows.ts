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

/** What a shape has, as far as its ways through the network follow from it. */
interface Ways {
  /** Ports by where they lead, in the words of docs/helm.md. */
  readonly ports: Readonly<Record<string, readonly string[]>>
  readonly seePostgres: readonly string[]
  readonly makesFirstKey: boolean
}

/** The same as docs/helm.md lists it, for one shape. */
export async function listedFlows(shape: string): Promise<string[]> {
  const ways = waysOfShape[shape]
  if (ways === undefined) throw new Error(`test/charts/flows.ts says nothing of ${shape}`)
  const page = await readFile('docs/helm.md', 'utf8')
  const section = page.split('## The ways through the network')[1]?.split('\n## ')[0] ?? ''
  const rows = [...section.matchAll(/^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| [^|]+ \|$/gm)]
    .map(([, from = '', to = '', port = '']) => ({ from: from.split(', '), to: to.split(', '), port }))
    .slice(1)
  return rows.flatMap(({ from, to, port }) => {
    if (port === 'http' || port === 'ops') {
      const fromUs = from.includes('test') ? to.map(() => `test out ${port}`) : []
      return [...to.map(component => `${component} in ${port}`), ...fromUs]
    }
    const [place = ''] = to
    const goes = (component: string) =>
      (place !== 'PostgreSQL' || ways.seePostgres.includes(component)) &&
      (place !== 'Kubernetes' || component !== 'init' || ways.makesFirstKey)
    return from
      .filter(goes)
      .flatMap(component => (ways.ports[place] ?? []).map(number => `${component} out ${number}`))
  })
}

const everywhere = { DNS: ['53'], Kubernetes: ['443', '6443'] }
const byOperators = {
  ...everywhere,
  Kafka: ['9093'],
  Cassandra: ['9042'],
  PostgreSQL: ['5432'],
  "the shop's PostgreSQL": ['5432'],
}
const forKeys = { seePostgres: ['ingestor', 'api', 'init'], makesFirstKey: true }

const waysOfShape: Readonly<Record<string, Ways>> = {
  'ci/default.yaml': { ...forKeys, ports: byOperators },
  'ci/production.yaml': { ...forKeys, ports: { ...byOperators, 'the collector': ['4318'] } },
  'ci/external-engines.yaml': {
    ...forKeys,
    ports: {
      ...everywhere,
      Kafka: ['9094'],
      Cassandra: ['9142'],
      PostgreSQL: ['6432'],
      "the shop's PostgreSQL": ['5433'],
    },
  },
  'ci/postgres-only.yaml': {
    // A run reaches the shop's database by the same port.
    ports: { ...everywhere, PostgreSQL: ['5432'] },
    seePostgres: ['ingestor', 'loader', 'api', 'etl', 'init'],
    makesFirstKey: true,
  },
  'ci/behind-a-gateway.yaml': { ports: byOperators, seePostgres: [], makesFirstKey: false },
}
