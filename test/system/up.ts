import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { until } from './processes.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const limitMs = 120_000

/** A `vitrine up` in a process group of its own, as a shell starts it. */
export interface Up extends AsyncDisposable {
  readonly child: ChildProcess
  stdout(): string
  stderr(): string
  /** Resolves once it has printed `text`; rejects with its last words when it ends before. */
  says(text: string): Promise<void>
  /** Where it listens, and the calls that it offers, when it is ready. */
  ready(): Promise<{ url: string; calls: string[] }>
  /** Sends a signal to it alone, or as Ctrl-C does to its whole group, and resolves with its exit code. */
  end(signal: NodeJS.Signals, to?: 'group'): Promise<number | null>
  /** Resolves with its exit code. */
  ended(): Promise<number | null>
}

const started = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of started) child.kill('SIGKILL')
})

/** Starts `vitrine up` on a data folder; what runs for it can be found by `processesOf` that folder. */
export function startUp(
  folder: string,
  args: readonly string[] = [],
  options: { command?: readonly string[]; user?: number; env?: Readonly<Record<string, string>> } = {},
): Up {
  const [file = '', ...before] = options.command ?? [`${root}bin/vitrine`]
  const child = spawn(file, [...before, 'up', '--port', '0', '--data', folder, ...args], {
    cwd: root,
    env: { PATH: process.env['PATH'], VITRINE_INSTANCE: 'up', TEST_FOLDER: folder, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    ...(options.user !== undefined && { uid: options.user, gid: options.user }),
  })
  started.add(child)
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const closed = once(child, 'exit').then(() => started.delete(child))
  const isOver = () => child.exitCode !== null || child.signalCode !== null

  const up: Up = {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    async says(text) {
      const said = await until(
        `"${text}" on standard output`,
        async () => stdout.includes(text) || (isOver() && 'over'),
        limitMs,
      )
      if (said === 'over') throw new Error(`vitrine up ended with ${child.exitCode}: ${stderr}`)
    },
    async ready() {
      await up.says('/metrics')
      const url = /listens on (\S+)/.exec(stdout)?.[1] ?? ''
      const calls = stdout.split('\n').filter(line => line.startsWith('  curl '))
      return { url, calls }
    },
    async end(signal, to) {
      process.kill(to === 'group' ? -(child.pid as number) : (child.pid as number), signal)
      return up.ended()
    },
    async ended() {
      await until('the end of vitrine up', async () => isOver(), limitMs)
      await closed
      return child.exitCode
    },
    async [Symbol.asyncDispose]() {
      if (!isOver()) await up.end('SIGTERM')
    },
  }
  return up
}

/** The command lines of all running processes that name the folder, in arguments or environment. */
export function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap(pid => {
      const [command, environment] = [read(`/proc/${pid}/cmdline`), read(`/proc/${pid}/environ`)]
      return command.includes(folder) || environment.includes(folder) ? [command.replaceAll('\0', ' ')] : []
    })
}

/** Empty for a process that ended meanwhile, is a zombie, or belongs to somebody else. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
