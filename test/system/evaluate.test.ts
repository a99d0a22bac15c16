import { expect } from 'chai'
import { mkdtempDisposable, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateClicks } from './made-clicks.ts'
import { run } from './processes.ts'

const start = Date.UTC(2026, 9, 1)

const lines = generateClicks().map(({ session, item, time }) =>
  JSON.stringify({
    event: 'ProductView',
    userid: `user-${session}`,
    properties: { productid: `product-${item}` },
    timestamp: new Date(start + time * 1000).toISOString(),
  }),
)

describe('vitrine evaluate', function () {
  this.timeout(120_000)

  it('tells by table, JSON and page how well each method foresees what is looked at next', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'vitrine-evaluate-'))
    const [views, json, html] = ['views.ndjson', 'report.json', 'report.html'].map(name =>
      join(folder.path, name),
    ) as [string, string, string]
    await writeFile(views, `${['no view', ...lines].join('\n')}\n`)
    const { code, stdout, stderr } = await run(['evaluate', views, '--json', json, '--html', html])
    expect(code, stderr).to.equal(0)

    const report = JSON.parse(await readFile(json, 'utf8'))
    expect(report.input).to.deep.equal({ lines: lines.length + 1, refused: { 'not-json': 1 }, repeats: 0 })
    expect(report.data.views).to.equal(lines.length)
    for (const { name, hitRate } of report.methods) {
      expect(stdout).to.include(name).and.to.include(hitRate.value.toFixed(3))
      expect(hitRate.value).to.be.within(hitRate.low, hitRate.high)
    }
    expect(await readFile(html, 'utf8')).to.match(/^<!doctype html>/)
  })

  it('gives the same figures each time, and for the same views in another order', async () => {
    const figures = async (input: readonly string[]) => {
      const { stdout } = await run(['evaluate', '-', '--json', '-', '--limit', '5'], {}, input.join('\n'))
      const { data, methods } = JSON.parse(stdout)
      for (const method of methods) delete method.latencyMs
      return { data, methods }
    }
    // At equal times the order of the lines decides.
    const distinct = [...new Map(lines.map(line => [JSON.parse(line).timestamp, line])).values()]
    const once = await figures(distinct)
    expect(once.data.questions).to.be.above(100)
    expect(await figures(distinct)).to.deep.equal(once)
    expect(await figures(distinct.toReversed())).to.deep.equal(once)
  })

  it('says in one sentence what is wrong with a file, and changes nothing', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'vitrine-evaluate-'))
    const views = join(folder.path, 'views.ndjson')
    const complaint = async (text: string, ...options: string[]) => {
      await writeFile(views, text)
      const { code, stderr } = await run(['evaluate', views, ...options])
      expect(code).to.equal(1)
      return stderr.replace(/^reading .*\n/, '')
    }
    expect(await complaint('')).to.equal(`${views} holds no view to evaluate with: it is empty\n`)
    expect(await complaint('{}\n{}\n')).to.equal(
      `${views} holds no view to evaluate with: of 2 lines, 2 missing-field\n`,
    )
    expect(await complaint(lines[0] ?? '')).to.match(/^at least two visits are needed.*there is 1\n$/)
    expect(await complaint(lines.join('\n'), '--split', '2027-01-01')).to.match(
      /^the split must have visits before and after it: .*\n$/,
    )
    expect(await complaint('', '--html', views)).to.match(/is the file of views itself: name another file\n$/)
    expect((await stat(views)).size).to.equal(0)
  })
})
