import { stringify } from 'yaml'
import { tryCommand } from '../tools/command.ts'
import type { Said } from '../tools/command.ts'

interface HelmOptions {
  /** Values that it is given beside those of the arguments. */
  readonly values?: object | undefined
  readonly timeoutMs?: number
}

let found: Promise<string | null> | undefined

/** Helm of the PATH, version 4 or else 3; HELM names another. */
async function findHelm(): Promise<string | null> {
  const { HELM } = process.env
  for (const helm of HELM ? [HELM] : ['helm4', 'helm', 'helm3']) {
    if ((await tryCommand(helm, ['version', '--short'])).ok) return helm
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
): Promise<Said> {
  const helm = await (found ??= findHelm())
  if (helm === null) throw new Error('there is no Helm on the PATH')
  const given = values === undefined ? args : [...args, '--values', '-']
  return tryCommand(helm, given, { input: values && stringify(values), timeoutMs })
}

/** As {@link tryHelm}, giving what it printed; throws what it says when it fails. */
export async function helm(args: readonly string[], options: HelmOptions = {}): Promise<string> {
  const { ok, stdout, stderr } = await tryHelm(args, options)
  if (!ok) throw new Error(`helm ${args.join(' ')}: ${stderr}`)
  return stdout
}
