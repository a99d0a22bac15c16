import { execFile } from 'node:child_process'
import { stringify } from 'yaml'

/** What Helm said; `ok` when it ended well. */
export interface HelmSaid {
  readonly ok: boolean
  readonly stdout: string
  readonly stderr: string
}

interface HelmOptions {
  /** Values that it is given beside those of the arguments. */
  readonly values?: object | undefined
  readonly timeoutMs?: number
}

/** Helm of the PATH: HELM names another than version 4, or else 3. */
let found: Promise<string | null> | undefined

async function findHelm(): Promise<string | null> {
  const { HELM } = process.env
  for (const helm of HELM ? [HELM] : ['helm4', 'helm', 'helm3']) {
    if ((await call(helm, ['version', '--short'], undefined, 10_000)).ok) return helm
  }
  return null
}

/** Before the tests of a suite that need Helm: they are skipped aloud where there is none, and CI fails. */
export async function needHelm(test: Mocha.Context): Promise<void> {
  if ((await (found ??= findHelm())) !== null) return
  process.stdout.write('\nSKIPPED: needs Helm on the PATH\n')
  test.skip()
}

/** 3 or 4: some flags have other names. */
export const helmVersion = async () => Number(/\bv(\d+)\./.exec(await helm(['version', '--short']))?.[1])

/** Runs Helm to its end, whatever that is. */
export async function tryHelm(
  args: readonly string[],
  { values, timeoutMs = 60_000 }: HelmOptions = {},
): Promise<HelmSaid> {
  const helm = await (found ??= findHelm())
  if (helm === null) throw new Error('there is no Helm on the PATH')
  const given = values === undefined ? args : [...args, '--values', '-']
  return call(helm, given, values, timeoutMs)
}

/** As {@link tryHelm}, giving what it printed; throws what it says when it fails. */
export async function helm(args: readonly string[], options: HelmOptions = {}): Promise<string> {
  const { ok, stdout, stderr } = await tryHelm(args, options)
  if (!ok) throw new Error(`helm ${args.join(' ')}: ${stderr}`)
  return stdout
}

function call(
  command: string,
  args: readonly string[],
  values: object | undefined,
  timeout: number,
): Promise<HelmSaid> {
  const { promise, resolve } = Promise.withResolvers<HelmSaid>()
  const child = execFile(command, [...args], { timeout, maxBuffer: 64 * 2 ** 20 }, (error, stdout, stderr) =>
    resolve({ ok: error === null, stdout, stderr: stderr || (error?.message ?? '') }),
  )
  child.stdin?.on('error', () => {})
  child.stdin?.end(values === undefined ? '' : stringify(values))
  return promise
}
