import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import { helm, tryHelm } from './helm.ts'
import type { Said } from '../tools/command.ts'

/** The charts of this repository. */
export type ChartName = 'vitrine' | 'vitrine-data'

/** A part of an object, which differs by kind. */
// oxlint-disable-next-line typescript/no-explicit-any -- typing all kinds of Kubernetes would say nothing of the charts
export type Part = any

/** An object as a chart renders it. */
export interface Rendered {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly [field: string]: Part
}

export interface RenderOptions {
  /** Files of values, under the chart's folder: `ci/production.yaml`. */
  readonly files?: readonly string[]
  /** Values given beside them. */
  readonly values?: object
  /** The release's name; the chart's unless given. */
  readonly release?: string
  readonly kubeVersion?: string
}

const root = fileURLToPath(new URL('../../', import.meta.url))

export const chartFolder = (chart: ChartName) => `${root}charts/${chart}`

/** `helm template`, as a user of the chart calls it; definitions of kinds are left out. */
export function tryRender(chart: ChartName, options: RenderOptions = {}): Promise<Said> {
  return tryHelm(templateArgs(chart, options), { values: options.values })
}

/** As {@link tryRender}, giving the text; throws what Helm says where it refuses. */
export function renderText(chart: ChartName, options: RenderOptions = {}): Promise<string> {
  return helm(templateArgs(chart, options), { values: options.values })
}

/** As {@link renderText}, giving the objects. */
export async function render(chart: ChartName, options: RenderOptions = {}): Promise<Rendered[]> {
  return objectsOf(await renderText(chart, options))
}

/** The objects of a text of YAML documents. */
export const objectsOf = (text: string): Rendered[] =>
  parseAllDocuments(text).flatMap(document => {
    const object = document.toJS() as Rendered | null
    return object === null ? [] : [object]
  })

function templateArgs(
  chart: ChartName,
  { files = [], release = chart, kubeVersion }: RenderOptions,
): string[] {
  return [
    'template',
    release,
    chartFolder(chart),
    '--namespace=shop',
    ...files.flatMap(file => ['--values', `${chartFolder(chart)}/${file}`]),
    ...(kubeVersion === undefined ? [] : ['--kube-version', kubeVersion]),
  ]
}
