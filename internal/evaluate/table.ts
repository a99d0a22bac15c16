import { grid as alignedGrid, wrap } from '#internal/terminal/text.ts'
import { isClear, signed, summaryOf, threeDigits } from './report.ts'
import type { Measured, MethodResult } from './evaluation.ts'
import type { Report } from './report.ts'

const decimals = (value: number, digits = 3) => value.toFixed(digits)

const interval = ({ low, high }: Measured) => `${decimals(low, 2)}-${decimals(high, 2)}`

const columns: readonly (readonly [string, (method: MethodResult) => string])[] = [
  ['method', ({ name }) => name],
  ['hit rate', ({ hitRate }) => decimals(hitRate.value)],
  ['95 %', ({ hitRate }) => interval(hitRate)],
  ['MRR', ({ mrr }) => decimals(mrr.value)],
  ['95 %', ({ mrr }) => interval(mrr)],
  ['NDCG', ({ ndcg }) => decimals(ndcg.value)],
  ['cover', ({ coverage }) => decimals(coverage, 2)],
  ['ARP', ({ popularity }) => threeDigits(popularity.arp)],
  ['Gini', ({ popularity }) => decimals(popularity.gini, 2)],
  ['p50 ms', ({ latencyMs }) => decimals(latencyMs.p50)],
  ['p99 ms', ({ latencyMs }) => decimals(latencyMs.p99, 2)],
]

/** The report for a plain terminal, its table within 100 columns. */
export function renderTable(report: Report): string {
  const sections = [
    summaryOf(report).flatMap(sentence => wrap(sentence, 100)),
    grid([
      columns.map(([head]) => head),
      ...report.methods.map(method => columns.map(([, cell]) => cell(method))),
    ]),
    differences(report),
    report.methods.flatMap(faults),
  ]
  return sections
    .filter(lines => lines.length > 0)
    .map(lines => `${lines.join('\n')}\n`)
    .join('\n')
}

function differences({ methods }: Report): string[] {
  const [first, ...others] = methods
  const cell = (measured: Measured) =>
    `${signed(measured.value)} (${signed(measured.low)} to ${signed(measured.high)})${isClear(measured) ? ' *' : '  '}`
  const rows = others.flatMap(({ name, difference }) =>
    difference ? [[name, cell(difference.hitRate), cell(difference.mrr)]] : [],
  )
  if (!first || rows.length === 0) return []
  return [
    ...grid([[`minus ${first.name}`, 'hit rate (95 %)  ', 'MRR (95 %)  '], ...rows]),
    '* more than chance alone would give',
  ]
}

/** What a method did that it should not. */
function faults({ name, lists }: MethodResult): string[] {
  const found = [
    [lists.short, 'lists that were not full'],
    [lists.repeated, 'products twice in a list'],
    [lists.forbidden, 'products that were not to be shown'],
  ] as const
  return found.flatMap(([count, what]) => (count > 0 ? [`${name}: ${count} ${what}`] : []))
}

const grid = (rows: readonly (readonly string[])[]) => alignedGrid(rows, ['left', 'right'])
