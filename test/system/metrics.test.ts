import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { startTestPostgres } from '../engines/postgres.ts'
import { findPromtool } from '../tools/promtool.ts'
import { run, start } from './processes.ts'

const services = ['ingestor', 'loader', 'api'] as const

/** Only there with engines or settings of their own, which other tests hold. */
const elsewhere = new Set(['vitrine_cassandra_connections', 'vitrine_requests_refused_total'])

describe('metrics', function () {
  this.timeout(120_000)
  const scraped = new Map<string, string>()
  let page: string

  before(async () => {
    page = await readFile('docs/metrics.md', 'utf8')
    await using database = await startTestPostgres()
    const env = { VITRINE_POSTGRES_URL: database.url }
    expect((await run(['init'], env)).code).to.equal(0)
    for (const name of services) {
      await using service = await start(name, env)
      if (name === 'ingestor') await sendView(service.url)
      if (name === 'api') await fetch(`${service.url}/v1/users/ann/recommendations`)
      scraped.set(name, await (await fetch(`${service.opsUrl}/metrics`)).text())
    }
  })

  /** Names and types of the tables under a heading. */
  function listed(heading: string): string[] {
    const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
    return Array.from(
      section.matchAll(/^\| `(\w+)` \| (\w+) \|/gm),
      ([, name = '', type = '']) => `${name} ${type}`,
    )
  }

  for (const name of services) {
    it(`of the ${name} are those that docs/metrics.md lists`, () => {
      const shown = Array.from(
        (scraped.get(name) ?? '').matchAll(/^# TYPE ((?:vitrine|http)_\w+) (\w+)$/gm),
        ([, metric = '', type = '']) => `${metric} ${type}`,
      )
      const wanted = [...listed('Every service'), ...listed(name)].filter(
        line => !elsewhere.has(line.split(' ')[0] ?? ''),
      )
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
        /^((?:vitrine|http)_\w+?)(?:\{([^}]*)\})? /gm,
      )) {
        const name = series.replace(/_(?:bucket|count|sum)$/, '')
        const names = [...given.matchAll(/(\w+)="/g)]
          .map(([, label = '']) => label)
          .filter(label => label !== 'le')
        expect(names, series).to.have.members(labels.get(name) ?? labels.get(series) ?? ['not listed'])
      }
    }
  })

  it('are named and told as Prometheus advises', async function () {
    const promtool = await findPromtool()
    if (promtool === null) {
      process.stdout.write(
        '\nSKIPPED: the names of metrics are checked by promtool, or Debian’s package prometheus\n',
      )
      return this.skip()
    }
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

async function sendView(url: string): Promise<void> {
  const view = { event: 'ProductView', userid: 'ann', properties: { productid: 'a' } }
  const headers = { 'content-type': 'application/json' }
  await fetch(`${url}/v1/views`, { method: 'POST', headers, body: JSON.stringify(view) })
}
