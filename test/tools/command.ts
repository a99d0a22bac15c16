import { execFile } from 'node:child_process'

/** What a command said; `ok` when it ended well. */
export interface Said {
  readonly ok: boolean
  readonly stdout: string
  /** Or why it could not be run at all. */
  readonly stderr: string
}

export interface CommandOptions {
  /** Text for its standard input. */
  readonly input?: string | undefined
  readonly timeoutMs?: number
  readonly env?: NodeJS.ProcessEnv
}

/** Runs a command and waits for its end, whatever that is. */
export function tryCommand(
  command: string,
  args: readonly string[],
  { input = '', timeoutMs = 60_000, env }: CommandOptions = {},
): Promise<Said> {
  const { promise, resolve } = Promise.withResolvers<Said>()
  const options = { timeout: timeoutMs, maxBuffer: 64 * 2 ** 20, ...(env && { env }) }
  const child = execFile(command, [...args], options, (error, stdout, stderr) =>
    resolve({ ok: error === null, stdout, stderr: stderr || (error?.message ?? '') }),
  )
  child.stdin?.on('error', () => {})
  child.stdin?.end(input)
  return promise
}
