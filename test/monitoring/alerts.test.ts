import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { toolOrSkip } from '../tools/tools.ts'
import { documentedMetrics, metricsIn } from './documented.ts'
import { situations } from './situations.ts'
import type { Situation } from './situations.ts'

const run = promisify(execFile)
const file = resolve('charts/vitrine/alerts.yaml')

interface Alert {
  readonly alert: string
  readonly expr: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

describe('alerts', function () {
  this.timeout(150_000)
  let alerts: readonly Alert[]
  let promtool: string

  before(async function () {
    const { groups } = parse(await readFile(file, 'utf8')) as { groups: { rules: Alert[] }[] }
    alerts = groups.flatMap(({ rules }) => rules)
    promtool = await toolOrSkip('promtool', this)
  })

  it('are rules that Prometheus takes', async () => {
    const { stdout } = await run(promtool, ['check', 'rules', file])
    expect(stdout).to.include(`SUCCESS: ${alerts.length} rules found`)
  })

  it('have a name of their own, a severity, words, and a page that says what to do', async () => {
    const names = alerts.map(({ alert }) => alert)
    expect(new Set(names).size).to.equal(names.length)
    for (const { alert, labels, annotations } of alerts) {
      expect(labels['severity'], alert).to.be.oneOf(['critical', 'warning', 'info'])
      expect(annotations['summary'], alert).to.have.length.above(10)
      expect(annotations['description'], alert).to.match(/\.$/)
      expect(annotations['runbook_url'], alert).to.equal(`docs/runbooks/${alert}.md`)
    }
    const pages = await readdir('docs/runbooks')
    expect(pages).to.have.members(names.map(name => `${name}.md`))
    for (const page of pages) {
      const headings = [...(await readFile(`docs/runbooks/${page}`, 'utf8')).matchAll(/^#+ (.+)$/gm)]
      expect(
        headings.map(([, heading]) => heading),
        page,
      ).to.deep.equal([page.slice(0, -3), 'What it means', 'How to look', 'What to do'])
    }
  })

  it('ask for metrics that there are', async () => {
    const documented = await documentedMetrics()
    for (const { alert, expr } of alerts) {
      const asked = metricsIn(expr)
      expect(asked, alert).to.have.length.above(0)
      for (const name of asked) expect(documented.has(name), `${alert} asks for ${name}`).to.equal(true)
    }
  })

  it('lead to pages that name metrics that there are', async () => {
    const documented = await documentedMetrics()
    for (const { alert } of alerts) {
      const page = await readFile(`docs/runbooks/${alert}.md`, 'utf8')
      const spans = Array.from(page.matchAll(/`([^`]+)`/g), ([, span = '']) => span)
      // Kubernetes' own come from the kubelet.
      for (const name of spans.flatMap(metricsIn).filter(name => !name.startsWith('container_')))
        expect(documented.has(name), `${alert}.md names ${name}`).to.equal(true)
    }
  })

  it('each have a situation in which they fire, and one in which they do not', () => {
    expect(Object.keys(situations)).to.have.members(alerts.map(({ alert }) => alert))
  })

  /** Half an hour of a situation: is the alert firing at its end, or at any of its minutes? */
  const unitTest = (alert: string, series: Situation['fires'], fires: boolean) => ({
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: Array.from({ length: fires ? 1 : 36 }, (_, minute) => ({
      expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) > bool 0`,
      eval_time: `${fires ? 35 : minute}m`,
      exp_samples: fires ? [{ labels: '{}', value: 1 }] : [],
    })),
  })

  async function judge(tests: readonly object[]): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-alerts-'))
    try {
      const path = join(folder, 'tests.yaml')
      await writeFile(path, JSON.stringify({ rule_files: [file], evaluation_interval: '1m', tests }))
      return await run(promtool, ['test', 'rules', path]).then(
        ({ stdout }) => stdout,
        (error: unknown) =>
          `FAILED ${(error as { stdout: string }).stdout}${(error as { stderr: string }).stderr}`,
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  }

  for (const [alert, { fires, silent }] of Object.entries(situations)) {
    it(`${alert} fires when it should, and is silent when it should be`, async () => {
      expect(await judge([unitTest(alert, fires, true), unitTest(alert, silent, false)])).not.to.include(
        'FAILED',
      )
    })
  }

  it('are really judged: what is expected the other way round fails', async () => {
    const { fires, silent } = situations['VitrineNotReady'] as Situation
    expect(await judge([unitTest('VitrineNotReady', fires, false)])).to.include('FAILED')
    expect(await judge([unitTest('VitrineNotReady', silent, true)])).to.include('FAILED')
  })
})
