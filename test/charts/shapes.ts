import { readdir } from 'node:fs/promises'
import { chartFolder } from './render.ts'
import type { ChartName } from './render.ts'

/** The supported shapes of a chart, as files of values under its folder. */
export async function shapes(chart: ChartName): Promise<string[]> {
  return (await readdir(`${chartFolder(chart)}/ci`)).toSorted().map(file => `ci/${file}`)
}
