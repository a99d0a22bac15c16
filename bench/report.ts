import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, release, totalmem, type } from 'node:os'
import type { Figure } from './measure.ts'
import type { StandName } from './stand.ts'

export interface Result {
  readonly engines: StandName
  readonly figures: readonly Figure[]
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

const headings = ['engines', 'what', 'vitrine', 'ceiling', 'against', 'ratio', 'budget', 'p50 / p99 ms']

/** The figures as a table in Markdown, with its columns in line. */
export function tableOf(results: readonly Result[]): string {
  const rows = results.flatMap(({ engines, figures }) => figures.map(figure => rowOf(engines, figure)))
  const lines = [headings, ...rows]
  const widths = headings.map((_, column) => Math.max(...lines.map(line => line[column]?.length ?? 0)))
  const [head = '', ...body] = lines.map(
    line => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  )
  const rule = `|${widths.map(width => '-'.repeat(width + 2)).join('|')}|`
  return [head, rule, ...body].join('\n')
}

function rowOf(engines: StandName, figure: Figure): string[] {
  const { name, unit, vitrine, ceiling, against, ratio, budget, latency } = figure
  const number = (value: number) => Math.round(value).toLocaleString('en')
  return [
    engines,
    name,
    `${number(vitrine)} ${unit}`,
    number(ceiling),
    against,
    ratio.toFixed(2),
    budget === null ? '' : `${budget.toFixed(2)}: ${ratio >= budget ? 'met' : 'missed'}`,
    latency ? `${latency.p50} / ${latency.p99}` : '',
  ]
}
