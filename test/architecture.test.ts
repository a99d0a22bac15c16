import { expect } from 'chai'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

/** Which rooms a room of internal/ may import from, beside itself. What is not listed is not allowed. */
const allowed: Record<string, readonly string[]> = {
  errors: [],
  telemetry: ['errors'],
  process: ['errors', 'telemetry'],
  domain: ['errors'],
  terminal: [],
  kafka: ['errors', 'telemetry'],
  cassandra: ['errors', 'telemetry'],
  postgres: ['errors', 'telemetry', 'process'],
  kube: ['errors', 'telemetry'],
  http: ['errors', 'telemetry', 'process'],
  eventlog: ['errors', 'telemetry', 'kafka', 'postgres'],
  leases: ['errors', 'telemetry', 'cassandra', 'postgres'],
  history: ['errors', 'telemetry', 'domain', 'eventlog', 'cassandra', 'postgres', 'http'],
  ingest: ['errors', 'telemetry', 'domain', 'eventlog', 'http'],
  load: ['errors', 'telemetry', 'domain', 'eventlog', 'history'],
  orders: ['errors', 'telemetry', 'domain', 'leases', 'cassandra', 'postgres'],
  access: ['errors', 'telemetry', 'process', 'postgres'],
  recommend: [
    'errors',
    'telemetry',
    'process',
    'domain',
    'eventlog',
    'history',
    'leases',
    'orders',
    'cassandra',
    'postgres',
    'http',
  ],
  etlschedule: ['errors', 'telemetry', 'domain', 'kube', 'terminal'],
  generate: ['errors', 'domain', 'postgres'],
  evaluate: ['errors', 'domain', 'recommend', 'terminal'],
}

/** Libraries that only the room that wraps them may know. */
const wrapped: Record<string, string> = {
  kafkajs: 'kafka',
  'kafkajs-snappy': 'kafka',
  'lz4-napi': 'kafka',
  'cassandra-driver': 'cassandra',
  pg: 'postgres',
  'pg-copy-streams': 'postgres',
  '@kubernetes/client-node': 'kube',
  koa: 'http',
  '@koa/router': 'http',
  'prom-client': 'telemetry',
  pino: 'telemetry',
  '@opentelemetry/sdk-node': 'telemetry',
}

interface Arrow {
  readonly from: string
  readonly to: string
}

const importPattern = /^(?:import|export)\b[^'"]*?['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/gm

function arrowsOf(file: string, text: string): Arrow[] {
  return [...text.matchAll(importPattern)].map(match => {
    const target = (match[1] ?? match[2]) as string
    if (target.startsWith('#internal/')) return { from: file, to: target.slice(1) }
    if (target.startsWith('.')) return { from: file, to: normalize(join(dirname(file), target)) }
    return { from: file, to: target }
  })
}

const roomOf = (path: string) => /^internal\/([^/]+)\//.exec(path)?.[1]
const isTest = (file: string) => file.startsWith('test/') || /(?:\.test|\/test-support)\.ts$/.test(file)

/** Why an arrow is not allowed; `null` when it is. */
function complaint({ from, to }: Arrow): string | null {
  if (isTest(from) || from.startsWith('bench/') || from.startsWith('docs/')) return null
  if (isTest(to)) return 'what ships does not import tests'
  const room = roomOf(from)
  const library = wrapped[to]
  if (library !== undefined) return room === library ? null : `only internal/${library} may know ${to}`
  if (room === undefined) return null
  if (/^(cmd|test|bench)\//.test(to)) return 'internal imports nothing from cmd, test or bench'
  const target = roomOf(to)
  if (target === undefined || target === room) return null
  return allowed[room]?.includes(target) ? null : `${room} may not know ${target}`
}

const files = globSync('{cmd,internal,test,bench,docs}/**/*.ts')

describe('architecture', () => {
  const arrows = files.flatMap(file => arrowsOf(file, readFileSync(file, 'utf8')))

  it('sees the arrows at all', () => {
    expect(arrows.length).to.be.greaterThan(200)
    expect(arrows).to.deep.include({
      from: 'internal/history/store.ts',
      to: 'internal/domain/product-view.ts',
    })
  })

  it('lets arrows point only where the table allows', () => {
    const wrong = arrows.flatMap(arrow => {
      const why = complaint(arrow)
      return why === null ? [] : [`${arrow.from} -> ${arrow.to}: ${why}`]
    })
    expect(wrong).to.deep.equal([])
  })

  it('would complain of an arrow that points back', () => {
    const planted = arrowsOf('internal/domain/planted.ts', "import { x } from '../../cmd/api/config.ts'\n")
    expect(planted.map(complaint)).to.deep.equal(['internal imports nothing from cmd, test or bench'])
    expect(complaint({ from: 'internal/domain/planted.ts', to: 'internal/history/store.ts' })).to.equal(
      'domain may not know history',
    )
    expect(complaint({ from: 'internal/load/planted.ts', to: 'kafkajs' })).to.equal(
      'only internal/kafka may know kafkajs',
    )
  })

  it('has a row in the table for every room and no row too many', () => {
    const rooms = new Set(files.map(roomOf).filter(room => room !== undefined))
    expect([...rooms].sort()).to.deep.equal(Object.keys(allowed).sort())
  })

  it('reads the environment only in cmd', () => {
    const readers = files.filter(
      file =>
        file.startsWith('internal/') && !isTest(file) && /process\.env\b/.test(readFileSync(file, 'utf8')),
    )
    expect(readers).to.deep.equal([])
  })

  it('has every path that README and docs name', () => {
    const pages = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md')]
    const missing = pages.flatMap(page =>
      [...readFileSync(page, 'utf8').matchAll(/`((?:cmd|internal|test|bench|docs|bin)\/[\w./-]+)`/g)]
        .map(match => match[1] as string)
        .filter(path => !existsSync(path))
        .map(path => `${page}: ${path}`),
    )
    expect(missing).to.deep.equal([])
  })
})
