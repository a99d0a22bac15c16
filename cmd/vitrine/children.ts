import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ChildProcess } from 'node:child_process'
import { Unavailable } from '#internal/errors/errors.ts'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))

/** How a command ended. */
export interface Ended {
  /** `null` after a signal. */
  readonly code: number | null
  readonly printed: string
  /** The end of what it wrote on standard error. */
  readonly words: string
}

/** Commands of Vitrine's own, run as child processes that end when this process ends, even by SIGKILL. */
export interface Children extends AsyncDisposable {
  /** Resolves with what the command printed; rejects with its last words when it failed. */
  run(args: readonly string[], options?: { onLine?: (line: string) => void }): Promise<string>
  /** Resolves with how the command ended, whatever that was; it is ended when the `signal` given here aborts. */
  end(
    args: readonly string[],
    options?: {
      readonly environment?: Readonly<Record<string, string>>
      readonly signal?: AbortSignal
      readonly onLine?: ((line: string) => void) | undefined
    },
  ): Promise<Ended>
}

/** Starts no more children, and ends those that run, once `signal` aborts. */
export function createChildren(
  environment: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Children {
  const running = new Set<ChildProcess>()
  const children: Children = {
    async end(args, options = {}) {
      const stopping = options.signal ? AbortSignal.any([signal, options.signal]) : signal
      stopping.throwIfAborted()
      // The channel is what ends the child: it closes with this process. A group of its own keeps Ctrl-C from racing us.
      const env = { ...environment, ...options.environment }
      const child = fork(main, args, { env, silent: true, detached: true })
      running.add(child)
      const stop = () => stopChild(child)
      stopping.addEventListener('abort', stop)
      let printed = ''
      let words = ''
      child.stdout?.setEncoding('utf8').on('data', (text: string) => (printed += text))
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        words = (words + text).slice(-4_000)
        for (const line of text.split(/[\r\n]+/)) if (line.trim() !== '') options.onLine?.(line.trim())
      })
      const [code] = (await once(child, 'close')) as [number | null]
      running.delete(child)
      stopping.removeEventListener('abort', stop)
      stopping.throwIfAborted()
      return { code, printed, words: words.trim() }
    },
    async run(args, { onLine } = {}) {
      const { code, printed, words } = await children.end(args, { onLine })
      if (code === 0) return printed
      throw new Unavailable(`vitrine ${args[0] ?? ''} ended with ${code ?? 'a signal'}: ${words}`)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(
        [...running].map(async child => {
          const closed = once(child, 'close')
          stopChild(child)
          await closed
        }),
      )
    },
  }
  return children
}

/** Asks it to end, and ends it when it does not. */
function stopChild(child: ChildProcess): void {
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 3_000)
  child.once('close', () => clearTimeout(timer))
}
