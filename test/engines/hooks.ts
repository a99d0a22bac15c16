import { setTimeout as sleep } from 'node:timers/promises'
import { killAll, stopAll } from './registry.ts'

let failed = false

/** Engines get so long to stop, and what tests left open so long to end, before the run ends without them. */
const stopLimitMs = 60_000
const lingerLimitMs = 10_000

/** Mocha loads these around the whole run. */
export const mochaHooks = {
  afterEach(this: Mocha.Context) {
    if (this.currentTest?.state === 'failed') failed = true
  },
}

export async function mochaGlobalTeardown(): Promise<void> {
  const stopped = await Promise.race([
    stopAll({ keepFolders: failed }),
    sleep(stopLimitMs, null, { ref: false }),
  ])
  if (stopped === null) {
    process.stdout.write(`an engine did not stop within ${stopLimitMs / 1000} s and is killed\n`)
    killAll()
  }
  for (const [name, folder] of stopped ?? []) {
    process.stdout.write(`logs of ${name} are kept in ${folder}\n`)
  }
  setTimeout(endAnyhow, lingerLimitMs).unref()
}

/** A run that has told its result must not wait for what a test left open; it says what that was. */
function endAnyhow(): void {
  process.stdout.write(`tests left open: ${process.getActiveResourcesInfo().join(', ')}\n`)
  for (const handle of activeHandles()) process.stdout.write(`  ${describe(handle)}\n`)
  process.exit()
}

const activeHandles = () =>
  (process as unknown as { _getActiveHandles(): Record<string, unknown>[] })._getActiveHandles()

function describe(handle: Record<string, unknown>): string {
  const { spawnargs, pid, remotePort, localPort } = handle
  if (Array.isArray(spawnargs)) return `process ${String(pid)}: ${spawnargs.join(' ')}`
  return `${handle.constructor.name} ${JSON.stringify({ localPort, remotePort })}`
}
