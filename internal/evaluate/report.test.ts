import { expect } from 'chai'
import { createCoVisitation } from './co-visitation.ts'
import { evaluate } from './evaluation.ts'
import { renderPage } from './page.ts'
import { createPopularity } from './popularity.ts'
import { renderTable } from './table.ts'
import { drained, materialOf, usual } from './test-support.ts'
import { createVmisKnn } from './vmis-knn.ts'
import type { Report } from './report.ts'
import type { Look } from './test-support.ts'

const looks = Array.from(
  { length: 300 },
  (_, index): Look => [
    `${index < 200 ? 'user' : 'User'} ${Math.floor(index / 5)}`,
    `product ${(index * 7) % 31}`,
    index * 2,
  ],
)

const methods = [createPopularity, createCoVisitation, createVmisKnn]
const learned = () => ({ ...createPopularity(), name: '<b>own</b>', report: () => ({ weight: 0.25 }) })

const report: Report = {
  file: '<script>alert(1)</script>.ndjson',
  input: { lines: 1_303, refused: { 'not-json': 2 }, repeats: 1 },
  from: '2026-11-01T00:00:00.000Z',
  to: '2026-11-02T00:00:00.000Z',
  split: '2026-11-01T20:00:00.000Z',
  ...drained(evaluate(materialOf(looks), [...methods, learned], usual, () => 0)),
}

describe('the report', () => {
  it('fits a terminal of 100 columns', () => {
    const widest = Math.max(
      ...renderTable(report)
        .split('\n')
        .map(line => line.length),
    )
    expect(widest).to.be.at.most(100)
  })

  it('has a row for each method and says what was left out', () => {
    const table = renderTable(report)
    for (const { name, hitRate } of report.methods) {
      expect(table).to.include(name).and.to.include(hitRate.value.toFixed(3))
    }
    expect(table.replaceAll('\n', ' ')).to.include('(left out: 2 not-json, 1 repeated)')
  })

  it('marks a difference only when its interval does not hold zero', () => {
    const [first, second, ...others] = report.methods
    const same = { value: 0, low: -0.01, high: 0.01 }
    const other = { ...second, difference: { hitRate: same, mrr: same, ndcg: same } }
    const table = renderTable({
      ...report,
      methods: [first, other, ...others].slice(0, 2) as Report['methods'],
    })
    expect(table).to.include('+0.000 (−0.010 to +0.010)').and.not.to.include(') *')
    const clear = { value: 0.02, low: 0.01, high: 0.03 }
    const better = { ...second, difference: { hitRate: clear, mrr: same, ndcg: same } }
    expect(renderTable({ ...report, methods: [first, better] as Report['methods'] })).to.include(
      '+0.020 (+0.010 to +0.030) *',
    )
  })

  it('as a page asks for nothing from elsewhere and runs nothing', () => {
    const page = renderPage(report)
    expect(page).not.to.match(/<script|<link|<img|<iframe|url\(|https?:|@import|\son\w+=/i)
    expect(page)
      .to.include('&lt;script&gt;alert(1)&lt;/script&gt;.ndjson')
      .and.to.include('&lt;b&gt;own&lt;/b&gt;')
  })

  it('as a page draws every plot with finite numbers', () => {
    const page = renderPage(report)
    expect(page.match(/<svg /g)).to.have.length(10)
    expect(page).not.to.match(/NaN|Infinity|undefined/)
  })

  it('as a page shows what a method has learned', () => {
    expect(renderPage(report)).to.include('&quot;weight&quot;: 0.25')
  })
})
