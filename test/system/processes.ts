import { spawn } from 'node:child_process'
import type { ChildProcess, ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const root = new URL('../../', import.meta.url).pathname

/** A process of Vitrine as a user starts it, with its log kept. */
export interface Running extends AsyncDisposable {
  readonly name: string
  readonly url: string
  readonly opsUrl: string
  readonly child: ChildProcess
  /** All that it wrote on standard error so far. */
  log(): string
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>
  /** SIGTERM, and waits for the end; resolves with the exit code. */
  stop(): Promise<number | null>
}

export type ProcessName = 'ingestor' | 'loader' | 'api' | 'controller'

const started = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of started) child.kill('SIGKILL')
})

/**
 * A port that nobody listens on, from below those that the system gives to outgoing connections: one of these could be
 * taken again before the process that is told of it comes to listen.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_240 + Math.floor(Math.random() * 20_000)
    const server = createServer().listen(port, '127.0.0.1')
    const free = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    if (!free) continue
    server.close()
    await once(server, 'close')
    return port
  }
}

/** Waits until `check` gives something else than null or false; its last error is told when the time is over. */
export async function until<T>(
  what: string,
  check: () => Promise<T | null | false> | T | null | false,
  timeoutMs = 60_000,
): Promise<T> {
  const end = Date.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      const value = await check()
      if (value !== null && value !== false) return value
      last = undefined
    } catch (error) {
      last = error
    }
    if (Date.now() > end) throw new Error(`not within ${timeoutMs / 1000} s: ${what}`, { cause: last })
    await delay(100)
  }
}

/** A command that runs; its input is still open. */
export interface RunningCommand {
  readonly child: ChildProcessWithoutNullStreams
  /** Resolves with what it said once it has ended. */
  readonly end: Promise<{ code: number | null; stdout: string; stderr: string }>
}

/** Starts a command. */
export function runs(args: readonly string[], env: Record<string, string> = {}): RunningCommand {
  return listening(spawn(`${root}bin/vitrine`, args, { env: environment(env) }))
}

/** Starts one run of a pipeline, as a Job's container does. */
export function runsEtl(env: Record<string, string>): RunningCommand {
  return listening(spawn(process.execPath, [`${root}cmd/etl/main.ts`], { env: environment(env) }))
}

function listening(child: ChildProcessWithoutNullStreams): RunningCommand {
  started.add(child)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.on('error', () => {})
  const end = once(child, 'close').then(([code]) => {
    started.delete(child)
    return { code: code as number | null, stdout, stderr }
  })
  return { child, end }
}

/** Runs a command to its end. */
export async function run(
  args: readonly string[],
  env: Record<string, string> = {},
  input?: string | Buffer,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { child, end } = runs(args, env)
  child.stdin.end(input)
  return end
}

/** Only what a process needs, so that no setting of the machine that tests leaks in. */
function environment(env: Record<string, string>): Record<string, string> {
  const { PATH = '', HOME = '', TMPDIR } = process.env
  return { PATH, HOME, ...(TMPDIR !== undefined && { TMPDIR }), ...env }
}

/** Starts a process and waits until it says that it is ready. */
export async function start(
  name: ProcessName,
  env: Record<string, string>,
  options: { waitReady?: boolean } = {},
): Promise<Running> {
  const [port, opsPort] = [await freePort(), await freePort()]
  const child = spawn(process.execPath, [`${root}cmd/${name}/main.ts`], {
    env: environment({ VITRINE_PORT: String(port), VITRINE_OPS_PORT: String(opsPort), ...env }),
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  started.add(child)
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  const ended = once(child, 'exit').then(() => started.delete(child))

  const running: Running = {
    name,
    child,
    url: `http://127.0.0.1:${port}`,
    opsUrl: `http://127.0.0.1:${opsPort}`,
    log: () => log,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async stop() {
      child.kill('SIGTERM')
      await ended
      return child.exitCode
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) await running.stop()
    },
  }
  if (options.waitReady !== false) await ready(running)
  return running
}

/** Waits until /readyz answers 200; a process that ended by itself is told at once. */
export async function ready(running: Running): Promise<void> {
  await until(`${running.name} ready`, async () => {
    if (running.child.exitCode !== null) return true
    const response = await fetch(`${running.opsUrl}/readyz`)
    if (!response.ok) throw new Error(await response.text())
    return true
  }).catch((error: unknown) => {
    throw new Error(`${running.name} is not ready; its log:\n${running.log()}`, { cause: error })
  })
  mustRun(running)
}

/** Throws, with its log, when a process ended by itself. */
export function mustRun(running: Running): void {
  const { name, child } = running
  if (child.exitCode !== null)
    throw new Error(`${name} ended with ${child.exitCode}; its log:\n${running.log()}`)
}
