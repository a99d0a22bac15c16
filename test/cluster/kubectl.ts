import { randomUUID } from 'node:crypto'
import { env } from 'node:process'
import { tryCommand } from '../tools/command.ts'
import type { Said } from '../tools/command.ts'

interface Options {
  /** What goes into its standard input, as JSON. */
  readonly input?: object | undefined
  /** The same as it is. */
  readonly text?: string
  readonly timeoutMs?: number
}

/** Runs kubectl on the cluster of KUBECONFIG and waits for its end, whatever that is. */
export function tryKubectl(
  args: readonly string[],
  { input, text, timeoutMs = 60_000 }: Options = {},
): Promise<Said> {
  return tryCommand('kubectl', args, { input: text ?? (input && JSON.stringify(input)), timeoutMs })
}

/** As {@link tryKubectl}, giving its output; throws what it says when it fails. */
export async function kubectl(args: readonly string[], options: Options = {}): Promise<string> {
  const { ok, stdout, stderr } = await tryKubectl(args, options)
  if (!ok) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`)
  return stdout
}

/** A namespace of its own, deleted with all that is in it when it is disposed of. */
export async function makeNamespace(prefix: string): Promise<AsyncDisposable & { readonly name: string }> {
  if (!env['KUBECONFIG'])
    throw new Error('these tests need a Kubernetes: set KUBECONFIG to a file that leads to one')
  const name = `${prefix}-${randomUUID().slice(0, 8)}`
  await kubectl(['create', 'namespace', name])
  return {
    name,
    async [Symbol.asyncDispose]() {
      await kubectl(['delete', 'namespace', name, '--wait=false'])
    },
  }
}
