import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { env } from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Scripts that run a Kubernetes on this machine; CLUSTER names another folder of such scripts. */
const folder = env['CLUSTER'] ?? fileURLToPath(new URL('../../../shared/cluster', import.meta.url))

/** Where these scripts keep what they build, and their logs. */
export const clusterFolder =
  env['CLUSTER_DIR'] ?? `${env['XDG_CACHE_HOME'] ?? `${homedir()}/.cache`}/vitrine-cluster`

/** Whether the cluster is one of these scripts, which can load images and freeze parts, or any that KUBECONFIG names. */
export const hasScripts = () => env['VITRINE_CLUSTER'] !== 'kubeconfig' && existsSync(`${folder}/up`)

export const scriptPath = (name: string) => `${folder}/${name}`

/** Runs one of the scripts to its end. */
export async function script(name: string, args: readonly string[], timeoutMs = 300_000): Promise<void> {
  await run(scriptPath(name), [...args], { timeout: timeoutMs, maxBuffer: 64 * 2 ** 20 })
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts one of the scripts that run until they are ended. */
export function startScript(name: string, args: readonly string[]): AsyncDisposable {
  const child = spawn(scriptPath(name), [...args], { stdio: 'ignore' })
  running.add(child)
  const ended = once(child, 'exit').then(() => running.delete(child))
  return {
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill()
      await ended
    },
  }
}
