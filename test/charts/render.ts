import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments, stringify } from 'yaml'

/** The charts of this repository. */
export type ChartName = 'vitrine' | 'vitrine-data'

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
  // oxlint-disable-next-line typescript/no-explicit-any -- what is asked of it differs by kind
  readonly [field: string]: any
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

/** What Helm said of a rendering. */
export type Rendering =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly error: string }

const root = fileURLToPath(new URL('../../', import.meta.url))

export const chartFolder = (chart: ChartName) => `${root}charts/${chart}`

/** Helm 4, or 3; a test that wants it is skipped aloud where there is none, and CI fails. */
export async function helmOrSkip(test: Mocha.Context): Promise<string> {
  for (const helm of ['helm4', 'helm', 'helm3']) {
    const found = await call(helm, ['version', '--short'])
    if (found.ok) return helm
  }
  process.stdout.write('\nSKIPPED: needs Helm on the PATH\n')
  return test.skip()
}

/** `helm template`, as a user of the chart calls it. */
export function tryRender(helm: string, chart: ChartName, options: RenderOptions = {}): Promise<Rendering> {
  const { files = [], values, release = chart, kubeVersion } = options
  const args = ['template', release, chartFolder(chart), '--namespace', 'shop']
  for (const file of files) args.push('--values', `${chartFolder(chart)}/${file}`)
  if (values !== undefined) args.push('--values', '-')
  if (kubeVersion !== undefined) args.push('--kube-version', kubeVersion)
  return call(helm, args, values === undefined ? undefined : stringify(values))
}

/** As {@link tryRender}, giving the objects; throws what Helm says where it refuses. */
export async function render(
  helm: string,
  chart: ChartName,
  options: RenderOptions = {},
): Promise<Rendered[]> {
  return objectsOf(await renderText(helm, chart, options))
}

/** As {@link render}, before it is read. */
export async function renderText(
  helm: string,
  chart: ChartName,
  options: RenderOptions = {},
): Promise<string> {
  const rendering = await tryRender(helm, chart, options)
  if (!rendering.ok) throw new Error(rendering.error)
  return rendering.text
}

export const objectsOf = (text: string): Rendered[] =>
  parseAllDocuments(text).flatMap(document => {
    const object = document.toJS() as Rendered | null
    return object === null ? [] : [object]
  })

function call(helm: string, args: readonly string[], input?: string): Promise<Rendering> {
  const { promise, resolve } = Promise.withResolvers<Rendering>()
  const child = execFile(
    helm,
    [...args],
    { timeout: 60_000, maxBuffer: 64 * 2 ** 20 },
    (error, stdout, stderr) =>
      resolve(error === null ? { ok: true, text: stdout } : { ok: false, error: stderr || error.message }),
  )
  child.stdin?.on('error', () => {})
  child.stdin?.end(input ?? '')
  return promise
}
