import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, release, totalmem, type } from 'node:os'
import type { Figure, Finding, Limit } from './measure.ts'
import type { StandName } from './stand.ts'

export interface Result {
  /** `none`: measured without any. */
  readonly engines: StandName | 'none'
  readonly findings: readonly Finding[]
}

/** Keeps the figures with what they were measured on; resolves with the file's name. */
export async function keepResults(results: readonly Result[], at: Date): Promise<string> {
  const folder = new URL('results/', import.meta.url)
  const file = new URL(`${at.toISOString().slice(0, 19).replaceAll(':', '-')}.json`, folder)
  const machine = {
    cpus: cpus().length,
    model: cpus()[0]?.model ?? 'unknown',
    memoryBytes: totalmem(),
    system: `${type()} ${release()}`,
    node: process.version,
  }
  await mkdir(folder, { recursive: true })
  await writeFile(file, `${JSON.stringify({ at: at.toISOString(), machine, results }, null, 2)}\n`)
  return file.pathname
}

/** The findings as tables in Markdown: ratios to ceilings, then what is held against fixed limits. */
export function tablesOf(results: readonly Result[]): string {
  const ratios: string[][] = []
  const limits: string[][] = []
  for (const { engines, findings } of results) {
    for (const finding of findings) {
      if ('below' in finding) limits.push([engines, ...limitRow(finding)])
      else ratios.push([engines, ...ratioRow(finding)])
    }
  }
  return [
    table(
      ['engines', 'what', 'vitrine', 'ceiling', 'against', 'ratio', 'budget', 'p50 / p99 ms', 'load'],
      ratios,
    ),
    table(['engines', 'what', 'figure', 'budget', 'load'], limits),
  ]
    .filter(text => text !== '')
    .join('\n\n')
}

/** With its columns in line; empty without rows. */
function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const lines = [headings, ...rows]
  const widths = headings.map((_, column) => Math.max(...lines.map(line => line[column]?.length ?? 0)))
  const [head = '', ...body] = lines.map(
    line => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  )
  const rule = `|${widths.map(width => '-'.repeat(width + 2)).join('|')}|`
  return [head, rule, ...body].join('\n')
}

function ratioRow({ name, unit, vitrine, ceiling, against, ratio, budget, latency, load }: Figure): string[] {
  const number = (value: number) => Math.round(value).toLocaleString('en')
  return [
    name,
    `${number(vitrine)} ${unit}`,
    number(ceiling),
    against,
    ratio.toFixed(2),
    budget === null ? '' : `${budget.toFixed(2)}: ${ratio >= budget ? 'met' : 'missed'}`,
    latency ? `${latency.p50} / ${latency.p99}` : '',
    load.toFixed(1),
  ]
}

function limitRow({ name, value, unit, below, load }: Limit): string[] {
  return [
    name,
    `${value < 100 ? value.toPrecision(3) : Math.round(value).toLocaleString('en')} ${unit}`,
    below === null ? '' : `under ${below} ${unit}: ${value < below ? 'met' : 'missed'}`,
    load.toFixed(1),
  ]
}
