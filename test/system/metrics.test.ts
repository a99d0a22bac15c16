import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startFakeApiServer } from '#internal/kube/fake-api-server.ts'
import { startTestPostgres } from '../engines/postgres.ts'
import { toolOrSkip } from '../tools/tools.ts'
import { etlScheduleManifest } from '../etlschedule-samples.ts'
import { run, start, until } from './processes.ts'
import type { FakeObject } from '#internal/kube/fake-cluster.ts'

const services = ['ingestor', 'loader', 'api'] as const
/** Headings of docs/metrics.md whose tables hold what a process shows. */
const headings: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    services.map(name => [name, ['Every process', 'ingestor, loader and api', name]] as const),
  ),
  controller: ['Every process', 'controller'],
}

/** Only there with engines or settings of their own, which other tests hold. */
const elsewhere = new Set(['vitrine_cassandra_connections', 'vitrine_requests_refused_total'])

describe('metrics', function () {
  this.timeout(300_000)
  const scraped = new Map<string, string>()
  let page: string

  before(async () => {
    page = await readFile('docs/metrics.md', 'utf8')
    await using database = await startTestPostgres()
    const env = { VITRINE_POSTGRES_URL: database.url }
    expect((await run(['init'], env)).code).to.equal(0)
    for (const name of services) {
      await using service = await start(name, env)
      if (name === 'ingestor') await sendViews(service.url)
      if (name === 'loader') await until('views are loaded', () => loadedAll(service.opsUrl), 120_000)
      if (name === 'api') await askForMany(service.url)
      scraped.set(name, await scrape(service.opsUrl))
    }
    scraped.set('controller', await scrapeController())
  })

  /** Names and types of the tables under a heading. */
  function listed(heading: string): string[] {
    const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
    return Array.from(
      section.matchAll(/^\| `(\w+)` \| (\w+) \|/gm),
      ([, name = '', type = '']) => `${name} ${type}`,
    )
  }

  for (const [name, sections] of Object.entries(headings)) {
    it(`of the ${name} are those that docs/metrics.md lists`, () => {
      const shown = Array.from(
        (scraped.get(name) ?? '').matchAll(/^# TYPE ((?:vitrine_(?!etl_)|http_|leader_)\w+) (\w+)$/gm),
        ([, metric = '', type = '']) => `${metric} ${type}`,
      )
      const wanted = sections.flatMap(listed).filter(line => !elsewhere.has(line.split(' ')[0] ?? ''))
      expect(shown).to.have.members(wanted)
    })
  }

  it('have the labels that docs/metrics.md lists', () => {
    const labels = new Map(
      Array.from(page.matchAll(/^\| `(\w+)` \| \w+ \| ([^|]*)\|/gm), ([, name = '', listing = '']) => [
        name,
        listing.trim() === '' ? [] : listing.trim().split(', '),
      ]),
    )
    for (const text of scraped.values()) {
      for (const [, series = '', given = ''] of text.matchAll(
        /^((?:vitrine_(?!etl_)|http_|leader_)\w+?)(?:\{([^}]*)\})? /gm,
      )) {
        const name = series.replace(/_(?:bucket|count|sum)$/, '')
        const names = [...given.matchAll(/(\w+)="/g)]
          .map(([, label = '']) => label)
          .filter(label => label !== 'le')
        expect(names, series).to.have.members(labels.get(name) ?? labels.get(series) ?? ['not listed'])
      }
    }
  })

  it('are no more for many visitors and products, and name none of them', () => {
    for (const [name, text] of scraped) {
      const series = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
      expect(series.length, name).to.be.within(100, 2_000)
      expect(text, name).not.to.match(/visitor-\d|thing-\d/)
    }
  })

  it('are named and told as Prometheus advises', async function () {
    const promtool = await toolOrSkip('promtool', this)
    for (const [name, text] of scraped) {
      const child = spawn(promtool, ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] })
      let said = ''
      child.stdout.on('data', chunk => (said += String(chunk)))
      child.stderr.on('data', chunk => (said += String(chunk)))
      child.stdin.end(text)
      await once(child, 'close')
      expect(said, name).to.equal('')
    }
  })
})

async function scrape(opsUrl: string): Promise<string> {
  return (await fetch(`${opsUrl}/metrics`)).text()
}

/** What the controller shows once it leads and knows of an EtlSchedule. */
async function scrapeController(): Promise<string> {
  await using server = await startFakeApiServer()
  const at = { kind: 'etlschedules.vitrine.dev', namespace: 'shop', name: 'orders', manager: 'test' }
  const schedule = etlScheduleManifest('orders', {}) as unknown as FakeObject
  server.cluster.create({ ...at, subresource: undefined }, schedule)
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-metrics-'))
  try {
    const defaults = join(folder, 'run-defaults.yaml')
    await writeFile(defaults, 'image: vitrine')
    await using controller = await start('controller', {
      KUBECONFIG: server.kubeconfig,
      VITRINE_NAMESPACE: 'shop',
      VITRINE_RUN_DEFAULTS: defaults,
    })
    return await until('the EtlSchedule is shown', async () => {
      const text = await scrape(controller.opsUrl)
      return text.includes('vitrine_etl_ready{') && text
    })
  } finally {
    await rm(folder, { recursive: true })
  }
}

const many = 100_000
const names = Array.from({ length: many }, (_, n) => ({ userid: `visitor-${n}`, productid: `thing-${n}` }))

async function sendViews(url: string): Promise<void> {
  const views = names.map(({ userid, productid }) => ({
    event: 'ProductView',
    userid,
    properties: { productid },
  }))
  const response = await fetch(`${url}/v1/views`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: views.map(view => JSON.stringify(view)).join('\n'),
  })
  expect(await response.text()).to.include(`"accepted":${many}`)
}

const loadedAll = async (opsUrl: string) =>
  (await scrape(opsUrl)).includes(`\nvitrine_views_loaded_total ${many}\n`)

async function askForMany(url: string): Promise<void> {
  for (const { userid, productid } of names.slice(0, 1_000)) {
    await fetch(`${url}/v1/users/${userid}/recommendations`)
    await fetch(`${url}/v1/products/${productid}/similar`)
    await fetch(`${url}/${userid}/of/no/route`)
  }
}
