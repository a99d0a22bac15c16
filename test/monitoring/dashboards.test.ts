import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { panelsOf, readBoards, targetsOf } from './boards.ts'
import { toolOrSkip } from '../tools/tools.ts'
import { documentedMetrics, metricsIn } from './documented.ts'
import type { Board } from './boards.ts'

const run = promisify(execFile)

const onTimeRangeChanged = 2
const chosen = '${datasource}'

describe('dashboards', function () {
  this.timeout(150_000)
  let boards: Board[]

  before(async () => {
    boards = await readBoards()
    expect(boards).to.have.length(5)
  })

  const targets = () => targetsOf(boards)

  it('have names and addresses of their own, say what they answer, and can not be edited by accident', () => {
    expect(new Set(boards.map(({ uid }) => uid)).size).to.equal(boards.length)
    for (const { title, uid, description, editable } of boards) {
      expect(uid).to.match(/^vitrine-[a-z-]+$/)
      expect(description, title).to.match(/\.$/)
      expect(editable, title).to.equal(false)
    }
  })

  it('let people choose the data source, the namespace, and one process or all', () => {
    for (const { title, templating } of boards) {
      const names = templating.list.map(({ name }) => name)
      expect(names, title).to.deep.equal(['datasource', 'namespace', 'job', 'instance'])
      for (const { name, multi, allValue, refresh, datasource } of templating.list.slice(1)) {
        expect({ multi, allValue, refresh }, `${title}: ${name}`).to.deep.equal({
          multi: true,
          allValue: name === 'namespace' ? '.*' : '.+',
          refresh: onTimeRangeChanged,
        })
        expect(datasource?.uid).to.equal(chosen)
      }
    }
  })

  it('have panels with a title, a description, a unit, and something to show', () => {
    for (const board of boards) {
      for (const { title, description, datasource, fieldConfig, targets: all = [] } of panelsOf(board)) {
        const where = `${board.title}: ${title}`
        expect(title, where).to.have.length.above(2)
        expect(description, where).to.match(/\.$/)
        expect(datasource?.uid, where).to.equal(chosen)
        expect(fieldConfig?.defaults.unit, where).to.be.a('string')
        expect(all, where).to.have.length.above(0)
        expect(new Set(all.map(({ legendFormat }) => legendFormat)).size, where).to.equal(all.length)
      }
    }
  })

  it('show what was chosen, and rates over a time that fits the scrapes', () => {
    for (const { where, expr } of targets()) {
      for (const [selector] of expr.matchAll(/\{[^}]*\}/g)) {
        for (const name of ['namespace', 'job', 'instance'])
          expect(selector, where).to.include(`${name}=~"$${name}"`)
      }
      for (const [, range] of expr.matchAll(/\[([^\]]*)\]/g))
        expect(range, where).to.equal('$__rate_interval')
      const counters = expr.matchAll(/(?:^|[\s(])(\w+\()?(\w+_(?:total|count|sum|bucket))\{/g)
      for (const [, around, counter] of counters) {
        expect(around, `${where}: ${counter}`).to.be.oneOf(['rate(', 'increase('])
      }
    }
  })

  it('ask for metrics that there are', async () => {
    const documented = await documentedMetrics()
    for (const { where, expr } of targets()) {
      const asked = metricsIn(expr)
      expect(asked, where).to.have.length.above(0)
      for (const name of asked) expect(documented.has(name), `${where} asks for ${name}`).to.equal(true)
    }
  })

  it('show every metric of Vitrine’s own', async () => {
    const shown = new Set(targets().flatMap(({ expr }) => metricsIn(expr)))
    const hidden = [...(await documentedMetrics())].filter(
      name => name.startsWith('vitrine_') && !shown.has(name),
    )
    // Told by an Event that is missing rather than by a picture.
    expect(hidden).to.deep.equal(['vitrine_kube_events_dropped_total'])
  })

  it('ask in words that Prometheus understands', async function () {
    const promtool = await toolOrSkip('promtool', this)
    const rules = targets().map(({ expr }, n) => ({
      record: `panel:${n}`,
      expr: expr.replaceAll('$__rate_interval', '5m'),
    }))
    const temporary = await mkdtemp(join(tmpdir(), 'vitrine-dashboards-'))
    try {
      const file = join(temporary, 'rules.yaml')
      await writeFile(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }))
      const { stdout } = await run(promtool, ['check', 'rules', file])
      expect(stdout).to.include(`SUCCESS: ${rules.length} rules found`)
    } finally {
      await rm(temporary, { recursive: true })
    }
  })
})
