import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ChildProcess } from 'node:child_process'
import { Unavailable } from '#internal/errors/errors.ts'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))

/** Commands of Vitrine's own, run as child processes that end when this process ends, even by SIGKILL. */
export interface Children extends AsyncDisposable {
  /** Resolves with what the command printed; rejects with its last words when it failed. */
  run(args: readonly string[], options?: { onLine?: (line: string) => void }): Promise<string>
}

/** Starts no more children, and ends those that run, once `signal` aborts. */
export function createChildren(
  environment: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Children {
  const running = new Set<ChildProcess>()
  return {
    async run(args, { onLine } = {}) {
      signal.throwIfAborted()
      // The channel is what ends the child: it closes with this process. A group of its own keeps Ctrl-C from racing us.
      const child = fork(main, args, { env: environment, silent: true, detached: true })
      running.add(child)
      const stop = () => child.kill('SIGTERM')
      signal.addEventListener('abort', stop)
      let printed = ''
      let words = ''
      child.stdout?.setEncoding('utf8').on('data', (text: string) => (printed += text))
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        words = (words + text).slice(-4_000)
        for (const line of text.split(/[\r\n]+/)) if (line.trim() !== '') onLine?.(line.trim())
      })
      const [code] = (await once(child, 'close')) as [number | null]
      running.delete(child)
      signal.removeEventListener('abort', stop)
      signal.throwIfAborted()
      if (code === 0) return printed
      throw new Unavailable(`vitrine ${args[0] ?? ''} ended with ${code ?? 'a signal'}: ${words.trim()}`)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(
        [...running].map(async child => {
          const closed = once(child, 'close')
          child.kill('SIGTERM')
          const timer = setTimeout(() => child.kill('SIGKILL'), 3_000)
          await closed
          clearTimeout(timer)
        }),
      )
    },
  }
}
