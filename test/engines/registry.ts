import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** An engine that tests share; `kill` is the last resort when the run ends without its teardown, so it is synchronous. */
export interface SharedEngine extends AsyncDisposable {
  kill(): void
}

interface Entry {
  readonly folder: string
  readonly starting: Promise<SharedEngine>
  engine: SharedEngine | null
}

const entries = new Map<string, Entry>()

/**
 * Starts an engine once in a test run, in a temporary folder of its own, however often and from wherever it is asked
 * for. It is stopped, and its folder removed, when the run ends.
 */
export async function onceStarted<T extends SharedEngine>(
  name: string,
  start: (folder: string) => Promise<T>,
): Promise<T> {
  let entry = entries.get(name)
  if (!entry) {
    if (entries.size === 0) process.once('exit', killAll)
    const folder = mkdtempSync(join(tmpdir(), `vitrine-test-${name}-`))
    entry = { folder, starting: start(folder), engine: null }
    entries.set(name, entry)
  }
  const engine = (await entry.starting) as T
  entry.engine = engine
  return engine
}

/** Stops all engines. With `keepFolders` their folders stay, logs and all, and are returned by name. */
export async function stopAll({
  keepFolders,
}: {
  keepFolders: boolean
}): Promise<[name: string, folder: string][]> {
  const kept: [string, string][] = []
  for (const [name, { starting, folder }] of entries) {
    await starting.then(engine => engine[Symbol.asyncDispose]()).catch(() => {})
    if (keepFolders) kept.push([name, folder])
    else rmSync(folder, { recursive: true, force: true })
  }
  entries.clear()
  process.removeListener('exit', killAll)
  return kept
}

/** The last resort: ends all engines at once, and waits for nothing. */
export function killAll(): void {
  for (const { engine, folder } of entries.values()) {
    engine?.kill()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
